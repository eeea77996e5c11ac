import { assert, assertEquals } from "@std/assert";
import { explore } from "./merge_protocol_model.ts";
import { fullProtocol, type ModelBudget, type Protocol, type Scenario } from "./merge_protocol_world.ts";

// MERGE_STATES=1000000 explores every scenario further.
const mostStates = Number(Deno.env.get("MERGE_STATES") ?? 20_000);

const linked = (budget: Partial<ModelBudget>, values: Partial<Scenario> = {}): Scenario => ({
  status: "draft",
  stage: "Proposal/Price Quote",
  statuses: ["active", "draft"],
  stages: ["Closed Won", "Closed Lost", "Proposal/Price Quote"],
  budget,
  ...values,
});
const unlinked = (budget: Partial<ModelBudget>): Scenario => linked(budget, { stage: null });
const signed: Partial<Scenario> = {
  status: "active",
  stage: "Closed Won",
  statuses: ["terminated", "active"],
  stages: ["Negotiation/Review", "Closed Lost", "Needs Analysis"],
};

const scenarios: Record<string, Scenario> = {
  "moves and changes in any order": linked({ moves: 2, changes: 2 }),
  "moves and changes beside a killed worker whose write lands late": linked({
    moves: 1,
    changes: 2,
    kills: 1,
  }),
  "a late write, a move back and a status that comes again": linked({ moves: 1, changes: 3, kills: 1 }, {
    statuses: ["terminated", "draft"],
    stages: ["Proposal/Price Quote"],
  }),
  "two moves beside a killed worker": linked({ moves: 2, changes: 1, kills: 1 }),
  "lost answers": linked({ moves: 1, changes: 2, lostAnswers: 1 }),
  "a lost create": unlinked({ moves: 1, changes: 1, kills: 1, lostAnswers: 1 }),
  "a create beside moves": unlinked({ moves: 2, changes: 1 }),
  "a restored database": linked({ moves: 1, changes: 2, restores: 1 }),
  "a restored database and a killed worker": linked({ changes: 2, restores: 1, kills: 1 }),
  "a restore that forgot the create": unlinked({ changes: 1, moves: 1, restores: 1 }),
  "another deployment": linked({ moves: 1, changes: 1, foreignWrites: 1 }),
  "another deployment, and answers": linked({ changes: 1, foreignWrites: 1, answers: 2 }),
  "moves that would un-sign, and answers": linked({ moves: 2, changes: 1, answers: 1 }, signed),
  "a restored database, and answers": linked({ changes: 2, restores: 1, answers: 1 }),
  "a restored database, answers and a killed worker": linked(
    { changes: 2, restores: 1, answers: 1, kills: 1 },
    { statuses: ["active", "terminated"], stages: [] },
  ),
  "contracts that expire": linked({ moves: 1, changes: 2, kills: 1 }, {
    ...signed,
    statuses: ["expired", "active"],
  }),
};

for (const [title, scenario] of Object.entries(scenarios)) {
  Deno.test(`every move and every change of status is resolved: ${title}`, () => {
    const { broken, ...counts } = explore(scenario, fullProtocol, mostStates);
    assertEquals(broken, null);
    assert(counts.quiet > 0, "no history came to rest");
    assert(counts.states > 1000, "the scenario is no exploration");
    const whole = counts.isComplete ? "all of them" : "the first";
    console.log(`      ${counts.states.toLocaleString("en")} states, ${whole}; ${counts.quiet} at rest`);
  });
}

const broken: [string, Partial<Protocol>, Scenario, string][] = [
  [
    "the version seen at claim",
    { guardsVersion: false },
    linked({ moves: 1, changes: 1 }),
    "a change of status is replaced by a move",
  ],
  [
    "If-Unmodified-Since",
    { sendsUnmodifiedSince: false },
    linked({ moves: 1, changes: 1 }),
    "a seller's move is overwritten unseen",
  ],
  [
    "the revision in reconcile's comparison",
    { comparesRevision: false },
    linked({ moves: 1, changes: 2, kills: 1 }),
    "a move has no end",
  ],
  [
    // The restored sequence gives a number again that the record carries from a forgotten write.
    "the revision check after a restore",
    { checksRevisions: false },
    linked({ changes: 2, restores: 1, answers: 1, kills: 1 }, {
      statuses: ["active", "terminated"],
      stages: [],
    }),
    "a change of status is replaced by a move",
  ],
];

for (const [rule, without, scenario, promise] of broken) {
  Deno.test(`the model finds a violation without ${rule}`, () => {
    const { broken: found } = explore(scenario, { ...fullProtocol, ...without }, mostStates);
    assertEquals(found?.promise, promise);
  });
}
