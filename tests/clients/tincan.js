// TinCanJS against a running store: node tincan.js BASE KEY SECRET. Prints what it got, as JSON.
const TinCan = require("tincanjs");

const [base, username, password] = process.argv.slice(2);
const lrs = new TinCan.LRS({ endpoint: `${base}/xAPI/`, username, password, allowFail: false });
const agent = new TinCan.Agent({ mbox: "mailto:tincan@school.example" });
const activity = new TinCan.Activity({ id: "https://school.example/activities/tincan" });
const statement = (verb) =>
  new TinCan.Statement({ actor: agent, verb: { id: `http://adlnet.gov/expapi/verbs/${verb}` }, target: activity });

function call(method, ...given) {
  const options = given.pop();
  return new Promise((resolve, reject) => {
    const callback = (error, answer) => (error ? reject(Object.assign(new Error(`${method}: ${error}`), { code: error, answer })) : resolve(answer));
    lrs[method](...given, { ...options, callback });
  });
}

async function main() {
  const single = statement("attempted");
  await call("saveStatement", single, {});
  const several = ["answered", "completed"].map(statement);
  await call("saveStatements", several, {});
  const page = await call("queryStatements", { params: { agent, limit: 2 } });
  const more = await call("moreStatements", { url: page.more });
  const voiding = new TinCan.Statement({ actor: agent, verb: { id: "http://adlnet.gov/expapi/verbs/voided" }, target: new TinCan.StatementRef({ id: several[1].id }) });
  await call("saveStatement", voiding, {});
  await call("saveState", "place", '{"page":4}', { agent, activity, contentType: "application/json" });
  const state = await call("retrieveState", "place", { agent, activity });
  await call("dropState", "place", { agent, activity });
  const dropped = await call("retrieveState", "place", { agent, activity });
  await call("saveAgentProfile", "likes", '{"pace":"slow"}', { agent, contentType: "application/json" });
  const profile = await call("retrieveAgentProfile", "likes", { agent });
  await call("saveActivityProfile", "hints", "use a pencil", { activity, contentType: "text/plain" });
  const hints = await call("retrieveActivityProfile", "hints", { activity });
  const about = await call("about", {});
  console.log(JSON.stringify({
    sent: [single.id, ...several.map((one) => one.id)],
    one: (await call("retrieveStatement", single.id, {})).verb.id,
    voided: (await call("retrieveVoidedStatement", several[1].id, {})).id,
    pages: [page.statements.map((s) => s.id), more.statements.map((s) => s.id)],
    state: state.contents,
    dropped,
    profile: profile.contents,
    hints: hints.contents,
    versions: about.version,
  }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
