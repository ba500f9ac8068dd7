// @xapi/xapi against a running store: node xapi.js BASE KEY SECRET VERSION. Prints what it got, as JSON.
const XAPI = require("@xapi/xapi");

const [base, key, secret, version] = process.argv.slice(2);
const options = { endpoint: `${base}/xAPI/`, auth: XAPI.toBasicAuth(key, secret), version };
const xapi = new XAPI(options);
// In Node its usual adapter, axios, sends a Blob under the Blob's own type, so that attachments lose their boundary.
const sender = new XAPI({ ...options, adapter: "fetch" });
const agent = { objectType: "Agent", mbox: `mailto:xapi-${version}@school.example` };
const activityId = `https://school.example/activities/xapi-${version}`;
const object = { objectType: "Activity", id: activityId, definition: { name: { "en-GB": "Fractions" } } };
const statement = (verb, more = {}) => ({ actor: agent, verb, object, ...more });

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error.response.status;
  }
  return 0;
}

async function documents(kind, place) {
  const [create, set, get, list, remove] = ["create", "set", "get", "get", "delete"].map((verb, n) =>
    xapi[`${verb}${kind}${n === 3 ? "s" : ""}`].bind(xapi));
  const [id, body] = kind === "State" ? ["stateId", "state"] : ["profileId", "profile"];
  const one = { ...place, [id]: "bookmark" };
  await create({ ...one, [body]: { page: 1 }, ...(kind === "State" ? {} : { etag: "*", matchHeader: "If-None-Match" }) });
  const first = await get(one);
  await set({ ...one, [body]: { page: 2 }, etag: first.headers.etag, matchHeader: "If-Match" });
  const stale = await refused(set({ ...one, [body]: { page: 3 }, etag: first.headers.etag, matchHeader: "If-Match" }));
  const second = await get(one);
  const listed = (await list(place)).data;
  await remove({ ...one, etag: second.headers.etag });
  return { first: first.data, second: second.data, stale, listed, gone: await refused(get(one)) };
}

async function main() {
  const text = new TextEncoder().encode("an essay");
  const sha2 = require("crypto").createHash("sha256").update(text).digest("hex");
  const attachment = { usageType: "https://school.example/essay", display: { "en-GB": "Essay" }, contentType: "text/plain", length: text.length, sha2 };
  const sent = [
    ...(await xapi.sendStatement({ statement: statement(XAPI.Verbs.INITIALIZED) })).data,
    ...(await xapi.sendStatements({ statements: [statement(XAPI.Verbs.ANSWERED, { result: { success: true } }), statement(XAPI.Verbs.COMPLETED)] })).data,
    ...(await sender.sendStatement({ statement: statement(XAPI.Verbs.RESPONDED, { attachments: [attachment] }), attachments: [text.buffer] })).data,
  ];
  const [voiding] = (await xapi.voidStatement({ actor: agent, statementId: sent[2] })).data;
  const first = (await xapi.getStatements({ agent, activity: activityId, limit: 2 })).data;
  const more = (await xapi.getMoreStatements({ more: first.more })).data;
  const answered = (await xapi.getStatements({ agent, verb: XAPI.Verbs.ANSWERED.id, format: "exact" })).data;
  const ofOne = await xapi.getStatement({ statementId: sent[3], attachments: true });
  console.log(JSON.stringify({
    sent,
    voiding,
    one: (await xapi.getStatement({ statementId: sent[0] })).data,
    voided: (await xapi.getVoidedStatement({ voidedStatementId: sent[2] })).data.id,
    missing: await refused(xapi.getStatement({ statementId: sent[2] })),
    pages: [first.statements.map((s) => s.id), more.statements.map((s) => s.id)],
    answered: answered.statements.map((s) => s.id),
    attachments: ofOne.data[1],
    person: (await xapi.getAgent({ agent })).data,
    activity: (await xapi.getActivity({ activityId })).data,
    about: (await xapi.getAbout()).data,
    state: await documents("State", { agent, activityId }),
    agentProfile: await documents("AgentProfile", { agent }),
    activityProfile: await documents("ActivityProfile", { activityId }),
    wrong: await refused(xapi.sendStatement({ statement: { actor: agent, object } })),
  }));
}

main().catch((error) => {
  console.error(error.response ? `${error.response.status} ${JSON.stringify(error.response.data)}` : error);
  process.exit(1);
});
