import { assertEquals } from "@std/assert";
import {
  answerContested,
  loopsConfirmed,
  loopsDecided,
} from "../../supabase/functions/_shared/merge/loops.ts";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { settledBase } from "../../supabase/functions/_shared/merge/settled_base.ts";
import type { MergeInput } from "../../supabase/functions/_shared/merge/types.ts";
import type { Fields, FieldValue } from "../../supabase/functions/_shared/mapping/types.ts";
import { goodBase, goodInput, goodRecord, nowMs, oursWith, ownedFields } from "./merge_samples.ts";

const minuteMs = 60_000;

/** A Deal beside a workflow that changes what it is sent; each round is a look, a write and a settlement. */
class Rounds {
  input: MergeInput;
  writes: Fields[] = [];
  asked = new Set<string>();
  atMs = nowMs;

  constructor(readonly workflow: (fields: Fields) => Fields, values: Partial<MergeInput> = {}) {
    this.input = goodInput(values);
    this.#hold(this.#held());
  }

  round(minutes = 1): void {
    this.atMs += minutes * minuteMs;
    const input = { ...this.input, nowMs: this.atMs };
    const result = merge(input);
    for (const { kind, field } of result.questions) this.asked.add(`${kind} ${field}`);
    let loops = loopsDecided(input.loops, result, this.atMs);
    let { attempts } = input;
    const sends = Object.keys(result.send).length > 0;
    if (sends) {
      this.writes.push(result.send);
      loops = loopsConfirmed(loops, result.send, result.corrections, this.atMs);
      const { CircleTel_Revision: revision = null } = result.send;
      attempts = [...attempts, {
        sent: result.send,
        status: input.ours.status,
        revision: typeof revision === "string" ? revision : null,
        outcome: "confirmed",
      }];
    }
    const ours = result.takeIn === null ? input.ours : { ...input.ours, status: result.takeIn };
    const base = settledBase(result, sends ? result.send : null, true);
    this.input = { ...input, ours, loops, attempts, base };
    if (sends) this.#hold({ ...this.#held(), ...result.send });
  }

  rounds(count: number): void {
    for (let round = 0; round < count; round++) this.round();
  }

  amount(value: FieldValue): void {
    this.input = { ...this.input, ours: oursWith("pending_signature", { ...ownedFields, Amount: value }) };
  }

  #held(): Fields {
    return this.input.theirs.kind === "record" ? this.input.theirs.fields : {};
  }

  #hold(fields: Fields): void {
    const held = this.workflow(fields);
    const { CircleTel_Revision: revision, ...shown } = held;
    const before = this.input.theirs.kind === "record" ? this.input.theirs.revision : null;
    this.input = {
      ...this.input,
      theirs: {
        ...goodRecord(null),
        kind: "record",
        fields: shown,
        revision: typeof revision === "string" ? revision : before,
        lastChange: { by: null, at: null },
      },
    };
  }
}

const rewritesAmount = (fields: Fields): Fields => ({ ...fields, Amount: 999 });
const keepsAll = (fields: Fields): Fields => fields;

Deno.test("a workflow that rewrites an amount gets three corrections and then one question", () => {
  const deal = new Rounds(rewritesAmount);
  deal.rounds(30);
  assertEquals(deal.writes, Array(3).fill({ Amount: 1200.5 }));
  assertEquals([...deal.asked], ["contested Amount"]);
});

Deno.test("a new value of ours for a contested field is sent once", () => {
  const deal = new Rounds(rewritesAmount);
  deal.rounds(10);
  deal.amount(50);
  deal.rounds(10);
  assertEquals(deal.writes.slice(3), [{ Amount: 50 }]);
});

Deno.test("a contested field rests until a person answers, however long that takes", () => {
  const deal = new Rounds(rewritesAmount);
  deal.rounds(10);
  for (let hour = 0; hour < 5; hour++) deal.round(90);
  assertEquals(deal.writes.length, 3);
});

Deno.test("a contested field holds back only itself: a KYC change of that Deal arrives", () => {
  const deal = new Rounds(rewritesAmount);
  deal.rounds(10);
  deal.input = {
    ...deal.input,
    ours: oursWith("pending_signature", { ...ownedFields, KYC_Status: "Declined" }),
  };
  deal.round();
  assertEquals(deal.writes.at(-1), { KYC_Status: "Declined" });
});

Deno.test("a value that Zoho cuts or rounds is contested like a workflow's", () => {
  const deal = new Rounds((fields) => ({ ...fields, Amount: Math.round(Number(fields.Amount)) }));
  deal.rounds(10);
  assertEquals([deal.writes.length, [...deal.asked]], [3, ["contested Amount"]]);
});

Deno.test("a person who edits a field three times in an hour is corrected each time, and may edit it again later", () => {
  const deal = new Rounds(keepsAll);
  const edit = () => {
    const { theirs } = deal.input;
    if (theirs.kind !== "record") throw new Error("not read");
    deal.input = { ...deal.input, theirs: { ...theirs, fields: { ...theirs.fields, Amount: 1 } } };
  };
  for (let time = 0; time < 3; time++) {
    edit();
    deal.round();
  }
  edit();
  deal.round(61);
  assertEquals([deal.writes.length, deal.asked.size], [4, 0]);
});

Deno.test("a contested field that stays at CircleTel's value for an hour is forgotten", () => {
  const loops = {
    Amount: { value: 1200.5, correctedAtMs: [nowMs - 59 * minuteMs], state: "contested" },
  } as const;
  const result = merge(goodInput({ loops }));
  assertEquals(result.calmed, ["Amount"]);
  assertEquals(loopsDecided(loops, result, nowMs), loops);
  assertEquals(loopsDecided(loops, result, nowMs + minuteMs), {});
});

Deno.test('the answer "try again" about a contested field gives three more corrections', () => {
  const deal = new Rounds(rewritesAmount);
  deal.rounds(10);
  deal.input = { ...deal.input, loops: answerContested(deal.input.loops, "Amount", "try_again") };
  deal.rounds(10);
  assertEquals(deal.writes.length, 6);
});

Deno.test("a field left to Zoho is never sent again, not even with a new value", () => {
  const deal = new Rounds(rewritesAmount);
  deal.rounds(10);
  deal.input = { ...deal.input, loops: answerContested(deal.input.loops, "Amount", "leave_to_zoho") };
  deal.amount(50);
  deal.rounds(10);
  assertEquals(deal.writes.length, 3);
  assertEquals(merge(deal.input).questions, []);
});

Deno.test("a correction counts once confirmed; one refused or unanswered does not", () => {
  const result = merge(
    goodInput({ theirs: goodRecord("Negotiation/Review", { fields: rewritesAmount(ownedFields) }) }),
  );
  assertEquals(loopsDecided({}, result, nowMs), {});
  assertEquals(loopsConfirmed({}, result.send, result.corrections, nowMs), {
    Amount: { value: 1200.5, correctedAtMs: [nowMs], state: "watched" },
  });
});

Deno.test("a new value counts as sent only once it is confirmed", () => {
  const loops = { Amount: { value: 1, correctedAtMs: [nowMs], state: "contested" } } as const;
  const held = { ...ownedFields, Amount: 2 };
  const input = goodInput({
    loops,
    base: goodBase("Negotiation/Review", "pending_signature", { fields: held }),
    theirs: goodRecord("Negotiation/Review", { fields: held }),
  });
  assertEquals(merge(input).send.Amount, 1200.5);
  const confirmed = loopsConfirmed(loops, { Amount: 1200.5 }, [], nowMs);
  const again = merge({ ...input, loops: confirmed });
  assertEquals([again.send.Amount, again.questions[0]?.kind], [undefined, "contested"]);
});

Deno.test("a workflow that moves the stage away from our status is stopped after three corrections", () => {
  const deal = new Rounds((fields) => ({ ...fields, Stage: "Closed Lost" }), {
    ours: oursWith("active"),
    base: goodBase("Closed Lost", "terminated"),
    theirs: goodRecord("Closed Lost"),
  });
  for (let round = 0; round < 20; round++) {
    deal.round();
    // Something in CircleTel makes the contract active again, each time.
    deal.input = { ...deal.input, ours: oursWith("active") };
  }
  assertEquals(deal.writes.length, 4);
  assertEquals([...deal.asked], ["contested Stage"]);
});
