"""The docs site: `make docs` writes it to build/docs."""

project = "Pacer"
author = "Pacer maintainers"
copyright = author

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["schema"]
html_extra_path: list[str] = []

myst_heading_anchors = 3
myst_links_external_new_tab = True
nitpicky = True

html_theme = "furo"
html_title = "Pacer"
html_show_sourcelink = False
html_copy_source = False
