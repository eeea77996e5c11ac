import { assert, assertEquals } from "@std/assert";
import { change, claimAnswer } from "../../supabase/functions/_shared/sync/claim/change.ts";
import { deal } from "../../supabase/functions/_shared/mapping/deal.ts";
import { sourceOf } from "../../supabase/functions/_shared/sync/claim/sources.ts";
import { goodKyc, goodSource } from "../support/samples/source.ts";

const contractSource = sourceOf(deal);

const goodChange = {
  entity_type: "contract",
  entity_id: goodSource().contract.id,
  version: 1,
  lane: 0,
  failed_rounds: 0,
  look: false,
  forced: false,
  cause: "contracts",
  source: goodSource(),
  mapping: null,
  in_doubt: false,
  answers: [],
  row_version: "1",
  planned_revision: null,
};

Deno.test("a contract's rows are parsed as Postgres returns them", () => {
  const full = {
    ...goodSource(),
    kyc: goodKyc(),
    rica: { status: "approved" as const },
    contact: { zoho_id: "1", snapshot: { Email: "a@b.example" }, is_planned: true },
    contact_answer: { choice: "link", chosen_id: "1", candidates: [{ id: "1", name: "T… N…" }] },
  };
  for (const source of [goodSource(), full, { ...full, customer: null }]) {
    assertEquals(contractSource.parse(source), source);
  }
});

const { contract } = goodSource();
const unknown: [what: string, source: unknown, path: string][] = [
  ["status", { ...goodSource(), contract: { ...contract, status: "paused" } }, "contract.status"],
  [
    "contract number",
    { ...goodSource(), contract: { ...contract, contract_number: "" } },
    "contract.contract_number",
  ],
  [
    "contract value",
    { ...goodSource(), contract: { ...contract, total_contract_value: "10.00" } },
    "contract.total_contract_value",
  ],
  ["KYC status", { ...goodSource(), kyc: { ...goodKyc(), status: "lost" } }, "kyc.status"],
  [
    "KYC result",
    { ...goodSource(), kyc: { ...goodKyc(), verification_result: "maybe" } },
    "kyc.verification_result",
  ],
  ["risk tier", { ...goodSource(), kyc: { ...goodKyc(), risk_tier: "constructor" } }, "kyc.risk_tier"],
  ["RICA status", { ...goodSource(), rica: { status: "lost" } }, "rica.status"],
  ["quote", { ...goodSource(), quote: null }, "quote"],
];

for (const [what, source, path] of unknown) {
  Deno.test(`a ${what} unknown to the mapping is refused by its name`, () => {
    const parsed = contractSource.safeParse(source);
    assertEquals(parsed.error?.issues[0]?.path.join("."), path);
  });
}

Deno.test("an impossible date is refused for its contract, and blocks no other", () => {
  const sources = [
    { ...goodSource(), contract: { ...contract, created_at: "infinity" } },
    { ...goodSource(), contract: { ...contract, fully_signed_date: "infinity" } },
    { ...goodSource(), contract: { ...contract, start_date: "infinity" } },
    { ...goodSource(), kyc: goodKyc({ completed_at: "-infinity" }) },
  ];
  for (const source of sources) assert(!contractSource.safeParse(source).success, JSON.stringify(source));
});

Deno.test("a claim returns its changes, with their sources unparsed", () => {
  const claimed = claimAnswer.parse({
    acquired: true,
    paused: null,
    changes: [{ ...goodChange, source: { odd: 1 } }],
  });
  assertEquals([claimed.look_again_ms, claimed.changes[0]?.source], [0, { odd: 1 }]);
});

Deno.test("a mapping returns its record and base", () => {
  const mapping = {
    zoho_id: "1",
    snapshot: { Amount: 10, Account_Name: { id: "2" } },
    state: "linked" as const,
    agreed_status: "draft" as const,
    revision: "1234560000000001",
    loops: {},
  };
  assertEquals(change.parse({ ...goodChange, mapping }).mapping, mapping);
});
