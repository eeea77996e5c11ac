/** The page shows each module's newest records, waits for the next change, and shows again. */

const shownRecords = 60;
const shownChanges = 40;

/** Columns per module; a column that the org lacks is left out, and its other custom fields follow. */
const columns = {
  Deals: [
    "Deal_Name",
    "Stage",
    "KYC_Status",
    "KYC_Verified_Date",
    "Risk_Tier",
    "RICA_Status",
    "Contract_Number",
    "Contract_Signed_Date",
    "Account_Name",
    "Amount",
    "Modified_By",
  ],
  Quotes: [
    "Subject",
    "Quote_Stage",
    "KYC_Status",
    "Account_Name",
    "Valid_Till",
    "Grand_Total",
    "Modified_By",
  ],
  Accounts: ["Account_Name", "Account_Type", "Industry", "Modified_By"],
  Contacts: ["Full_Name", "Email", "Account_Name", "Modified_By"],
  Products: ["Product_Name", "Product_Code", "Unit_Price", "Modified_By"],
  Invoices: ["Subject", "Status", "Account_Name", "Due_Date", "Grand_Total", "Modified_By"],
};

const stages = [
  "Qualification",
  "Needs Analysis",
  "Value Proposition",
  "Id. Decision Makers",
  "Proposal/Price Quote",
  "Negotiation/Review",
  "Closed Won",
  "Closed Lost",
  "Closed Lost to Competition",
];

const moods = {
  Completed: "good",
  Approved: "good",
  Low: "good",
  Confirmed: "good",
  "Closed Won": "good",
  "In Progress": "warn",
  Submitted: "warn",
  Pending: "warn",
  Medium: "warn",
  Declined: "bad",
  Rejected: "bad",
  High: "bad",
  "Closed Lost": "bad",
};

const money = new Intl.NumberFormat("en-ZA", { style: "currency", currency: "ZAR" });
const pills = new Set(["KYC_Status", "Risk_Tier", "RICA_Status", "Quote_Stage", "Status"]);
const amounts = new Set(["Amount", "Grand_Total", "Unit_Price"]);

/** CRM's own addresses, /crm/tab/Potentials/<id>, name Deals by their older name. */
const addressed = location.hash.slice(1) || location.pathname.split("/")[3]?.replace("Potentials", "Deals");
let current = columns[addressed] ? addressed : "Deals";
let lastSeq = 0;
let listOpenedMs = -Infinity;

/** Record id and field → when it changed: the cell glows for a while. */
const fresh = new Map();
const glowMs = 6000;

const at = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}

async function ask(path, options) {
  const response = await fetch(`/__control/${path}`, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? `${response.status}`);
  return body;
}

function plain(value) {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return `${value.length} items`;
  if (typeof value === "object") return value.name ?? value.id ?? "";
  return String(value);
}

function cell(module, record, name) {
  const value = record[name];
  const text = plain(value);
  const td = make("td");
  if (amounts.has(name) && typeof value === "number") {
    td.className = "number";
    td.textContent = money.format(value);
  } else if (module === "Deals" && name === "Stage") {
    td.append(stageSelect(record));
  } else if (text === "") {
    td.append(make("span", { className: "none", textContent: "none" }));
  } else if (pills.has(name)) {
    td.append(make("span", { className: `pill ${moods[text] ?? ""}`, textContent: text }));
  } else if (name === "Modified_By") {
    td.append(text, make("br"), make("small", { textContent: clock(record.Modified_Time) }));
  } else {
    td.textContent = text;
  }
  const ageMs = performance.now() - (fresh.get(`${record.id} ${name}`) ?? -Infinity);
  if (ageMs < glowMs) {
    td.classList.add("fresh");
    td.style.animationDelay = `${-ageMs}ms`;
  }
  return td;
}

/** Changing the stage here is a seller changing it in Zoho. */
function stageSelect(record) {
  const known = stages.includes(record.Stage) ? stages : [record.Stage ?? "", ...stages];
  const select = make("select", { ariaLabel: `Stage of ${record.Deal_Name}` });
  select.append(...known.map((stage) => new Option(stage, stage, false, stage === record.Stage)));
  select.addEventListener("pointerdown", () => listOpenedMs = performance.now());
  select.addEventListener("change", async () => {
    listOpenedMs = -Infinity;
    try {
      await ask(`records/Deals/${record.id}`, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ Stage: select.value }),
      });
    } catch (error) {
      notice(`The stage was not changed: ${error.message}`);
      await refresh();
    }
  });
  return select;
}

function clock(text) {
  return typeof text === "string" ? text.slice(0, 19).replace("T", " ") : "";
}

function label(name) {
  return name.replaceAll("_", " ").replace("Modified By", "Modified by");
}

function tabs(state) {
  at("tabs").replaceChildren(
    ...Object.keys(columns).map((module) => {
      const count = (state.records[module] ?? 0).toLocaleString("en-ZA");
      const button = make("button", { type: "button" }, module, make("span", { textContent: count }));
      button.setAttribute("aria-current", String(module === current));
      button.addEventListener("click", () => {
        current = module;
        history.replaceState(null, "", `#${module}`);
        refresh();
      });
      return button;
    }),
  );
}

function vitals(state) {
  const used = state.credits.usedToday.toLocaleString("en-ZA");
  const facts = {
    Calls: state.calls.toLocaleString("en-ZA"),
    "Credits today": `${used} of ${state.credits.budget.toLocaleString("en-ZA")}`,
    "Active tokens": String(state.tokens.active),
    Edition: state.edition,
    "Clock in Zoho": new Date(state.nowMs).toLocaleTimeString("en-ZA"),
  };
  at("vitals").replaceChildren(
    ...Object.entries(facts).map(([name, value]) =>
      make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))
    ),
  );
}

function table(module, records) {
  const names = columns[module].filter((name) => records.length === 0 || name in records[0]);
  at("sheet-title").textContent = module;
  at("head").replaceChildren(
    make("tr", {}, ...names.map((name) => make("th", { scope: "col", textContent: label(name) }))),
  );
  at("rows").replaceChildren(
    ...records.map((record) => make("tr", {}, ...names.map((name) => cell(module, record, name)))),
  );
  at("empty").hidden = records.length > 0;
  at("empty").textContent = `No ${module} yet. They appear here the moment Zoho has them.`;
}

function feedEntry(change) {
  const who = make("div", { className: "who" });
  const author = change.by === "seller" ? "Thandi Seller" : "Integration";
  who.append(
    make("b", { className: change.by, textContent: author }),
    new Date(change.atMs).toLocaleTimeString("en-ZA"),
  );
  const words = { insert: "created", update: "changed", delete: "deleted" };
  const what = make("div", {
    className: "what",
    textContent: `${words[change.operation]} ${change.module.replace(/s$/, "")} ${change.id.slice(-6)}`,
  });
  const fields = Object.entries(change.fields).slice(0, 6).map(([name, { before, after }]) => {
    const to = plain(after) || "empty";
    const from = change.operation === "update" ? ` from ${plain(before) || "empty"} to ` : " ";
    return make("li", {}, `${label(name)}${from}`, make("b", { textContent: to }));
  });
  return make("li", {}, who, what, make("ul", {}, ...fields));
}

function remember(changes) {
  if (fresh.size > 5000) fresh.clear();
  for (const change of changes) {
    fresh.set(
      change.id,
      new Set([...(fresh.get(change.id) ?? []), ...Object.keys(change.fields), "Modified_By"]),
    );
  }
  at("feed").prepend(...changes.slice(-shownChanges).toReversed().map(feedEntry));
  while (at("feed").children.length > shownChanges) at("feed").lastElementChild.remove();
  at("feed-empty").hidden = at("feed").children.length > 0;
}

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = text === "";
}

async function refresh() {
  const module = current;
  const [state, { data }] = await Promise.all([ask("state"), ask(`records/${module}?limit=${shownRecords}`)]);
  tabs(state);
  vitals(state);
  // A list that somebody has open must not be pulled away.
  if (performance.now() - listOpenedMs < 8000) return;
  table(module, data);
  const total = state.records[module] ?? 0;
  at("sheet-note").textContent = total > data.length
    ? `newest ${data.length} of ${total.toLocaleString("en-ZA")}`
    : "";
}

/** As the API console's Self Client does; whoever has the code has three minutes. */
at("grant").addEventListener("click", async () => {
  try {
    const { code } = await ask("tokens", { method: "POST", body: JSON.stringify({ action: "grant_code" }) });
    at("code").textContent = code;
  } catch {
    at("code").textContent = "Zoho does not answer.";
  }
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function watch() {
  const state = await ask("state");
  lastSeq = Math.max(0, state.lastChangeSeq - shownChanges);
  remember((await ask(`changes?since=${lastSeq}`)).changes);
  fresh.clear();
  lastSeq = state.lastChangeSeq;
  await refresh();
  while (true) {
    try {
      const { changes, lastSeq: seq } = await ask(`changes?since=${lastSeq}&waitMs=2000`);
      notice("");
      lastSeq = seq;
      remember(changes);
      await refresh();
      // Many changes at once are one redraw.
      if (changes.length > 0) await pause(150);
    } catch {
      notice("Zoho does not answer. Trying again.");
      await pause(1500);
    }
  }
}

async function start() {
  try {
    await watch();
  } catch {
    notice("Zoho does not answer. Trying again.");
    await pause(1500);
    await start();
  }
}

await start();
