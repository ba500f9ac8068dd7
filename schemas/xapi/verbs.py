"""The verbs that the store itself acts on or sends, and where ADL publishes them."""

from __future__ import annotations

ADL = "http://adlnet.gov/expapi/verbs/"
VOIDED = ADL + "voided"
ANSWERED = ADL + "answered"
