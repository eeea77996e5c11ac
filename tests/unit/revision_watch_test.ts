import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import {
  RevisionWatch,
  strangeRevisionsQueries,
} from "../../supabase/functions/_shared/sync/claim/revision_watch.ts";
import { revisionOf, type RevisionSpace } from "../../supabase/functions/_shared/merge/revision.ts";
import { UnknownWritesError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { clientOf, ListeningZoho } from "./listening_zoho.ts";

const space: RevisionSpace = { epoch: 200_000, lastSequence: 100, earlier: [] };

/** Which numbers a query asks for, without our own code. */
function ranges(query: string): [bigint, bigint][] {
  return [...query.matchAll(/CircleTel_Revision between (\d+) and (\d+)/g)]
    .map(([, first = "", last = ""]) => [BigInt(first), BigInt(last)]);
}

const asksFor = (query: string, revision: bigint) =>
  ranges(query).some(([first, last]) => first <= revision && revision <= last);

const spaces: [what: string, space: RevisionSpace][] = [
  ["of one epoch", space],
  ["of an earlier epoch below it", { ...space, earlier: [150_000] }],
  ["of an earlier epoch above it", { ...space, earlier: [250_000] }],
  ["of three earlier epochs, one beside it", { ...space, earlier: [300_000, 199_999, 150_000] }],
  ["of the first epoch there is", { ...space, epoch: 100_000 }],
  ["of the last epoch there is", { ...space, epoch: 899_999, earlier: [899_998] }],
  ["of thirty earlier epochs", { ...space, earlier: Array.from({ length: 30 }, (_, n) => 300_000 + 2 * n) }],
  ["before its first write", { ...space, lastSequence: 0 }],
];

for (const [what, known] of spaces) {
  Deno.test(`a revision check ${what} queries every revision but those that this database issued`, () => {
    const query = strangeRevisionsQueries(known).join(" ");
    const own = BigInt(revisionOf(known.epoch, 1)) + BigInt(known.lastSequence);
    assert(!asksFor(query, own - 1n));
    assert(asksFor(query, own), "the next one is ahead");
    for (const epoch of known.earlier) {
      assert(
        !asksFor(query, BigInt(revisionOf(epoch, 1))) &&
          !asksFor(query, BigInt(revisionOf(epoch, 9_999_999_999))),
      );
    }
    for (const epoch of [100_000, 123_456, 199_999, 200_001, 500_000, 899_999]) {
      const isKnown = epoch === known.epoch || known.earlier.includes(epoch);
      if (!isKnown) assert(asksFor(query, BigInt(revisionOf(epoch, 77))), `epoch ${epoch}`);
    }
    // A person typed it: that record's question, and no alarm.
    for (const typed of [7n, 99_999_999n, 9_007_199_254_740_991n]) assert(!asksFor(query, typed));
    for (const [first, last] of ranges(query)) assert(first <= last, query);
  });
}

Deno.test("a revision check joins its conditions two at a time, as COQL wants them", () => {
  const [query = ""] = strangeRevisionsQueries({ ...space, earlier: [300_000, 150_000] });
  const [, where = ""] = query.split(" where ");
  let condition = where.replace(" order by CircleTel_Revision asc limit 10", "").replaceAll(
    /\(CircleTel_Revision between \d+ and \d+\)/g,
    "x",
  );
  while (condition.includes("(x or x)")) condition = condition.replaceAll("(x or x)", "x");
  assertEquals(condition, "x");
  assert(
    query.startsWith("select id, CircleTel_Revision from Deals where ") &&
      query.endsWith(" order by CircleTel_Revision asc limit 10"),
    query,
  );
});

Deno.test("a revision check of many epochs is split, since a query has up to 25 conditions", () => {
  const earlier = Array.from({ length: 60 }, (_, n) => 300_000 + 2 * n);
  const queries = strangeRevisionsQueries({ ...space, earlier });
  assertEquals(queries.map((query) => ranges(query).length), [20, 20, 20, 2]);
});

/** A watch whose Zoho answers records with these revisions, and what it asked and stored. */
async function watching(
  revisions: unknown[],
  test: (
    each: { check: (secondsSince: number | null) => Promise<void>; queries: () => number; stored: string[] },
  ) => Promise<void>,
  logged: string[] = [],
): Promise<void> {
  await using zoho = new ListeningZoho(() =>
    revisions.length === 0 ? new Response(null, { status: 204 }) : Response.json({
      data: revisions.map((value, i) => ({ id: String(i + 1), CircleTel_Revision: value })),
    })
  );
  const stored: string[] = [];
  const db = {
    rpc: (name: string, args: { p_revisions?: string[] }) => {
      stored.push(name);
      const unknown = args.p_revisions?.filter((revision) => !logged.includes(revision)) ?? null;
      return Promise.resolve({ data: unknown, error: null });
    },
  };
  const watch = new RevisionWatch();
  const effects = { zoho: clientOf(zoho), db: db as unknown as ServiceClient, log: () => {} };
  await test({
    check: (secondsSince) => watch.check(effects, space, secondsSince),
    queries: () => zoho.heard.filter(({ path }) => path.endsWith("/coql")).length,
    stored,
  });
}

Deno.test("a process checks before its first write, however young the database's last check is", () =>
  watching([], async ({ check, queries, stored }) => {
    await check(1);
    assertEquals([queries(), stored], [1, ["zoho_revisions_checked"]]);
    await check(1);
    await check(899);
    assertEquals(queries(), 1);
  }));

Deno.test("a process checks again once the last check is a quarter of an hour old, or was never made", () =>
  watching([], async ({ check, queries }) => {
    await check(1);
    await check(900);
    assertEquals(queries(), 2);
    await check(null);
    assertEquals(queries(), 3);
    await check(1);
    assertEquals(queries(), 3);
  }));

Deno.test("concurrent drains of one process share one check", () =>
  watching([], async ({ check, queries, stored }) => {
    await Promise.all([check(null), check(null), check(null)]);
    assertEquals([queries(), stored.length], [1, 1]);
  }));

const strange: [what: string, revision: unknown][] = [
  ["of another epoch", revisionOf(654_321, 3)],
  ["ahead of the sequence", revisionOf(space.epoch, 101)],
  ["that Zoho answers as a number", Number(revisionOf(654_321, 3))],
];

for (const [what, revision] of strange) {
  Deno.test(`a revision ${what} raises an alarm, is not stored, and the next drain checks again`, () =>
    watching([revision], async ({ check, queries, stored }) => {
      const error = await assertRejects(() => check(1), UnknownWritesError);
      assertEquals(error.code, "UNKNOWN_WRITES");
      await assertRejects(() => check(1), UnknownWritesError);
      assertEquals([queries(), stored], [2, ["zoho_unknown_revisions", "zoho_unknown_revisions"]]);
    }));
}

const byAnother = revisionOf(space.epoch, 101);

Deno.test("a write by another worker during the check is in the log and no alarm", () =>
  watching([byAnother], async ({ check, queries, stored }) => {
    await check(1);
    assertEquals([queries(), stored], [2, ["zoho_unknown_revisions", "zoho_revisions_checked"]]);
  }, [byAnother]));

const ofAnEarlierState = revisionOf(654_321, 3);

Deno.test("a write in the log is no alarm in another epoch either: the state row was deleted and made again", () =>
  watching([ofAnEarlierState, byAnother], async ({ check, queries, stored }) => {
    await check(1);
    assertEquals([queries(), stored], [2, ["zoho_unknown_revisions", "zoho_revisions_checked"]]);
  }, [ofAnEarlierState, byAnother]));

Deno.test("a write from before a restore is an alarm, though its number was issued again", () =>
  watching([byAnother, revisionOf(space.epoch, 102)], async ({ check }) => {
    await assertRejects(() => check(1), UnknownWritesError);
  }, [revisionOf(space.epoch, 102)]));

Deno.test("a check that Zoho could not answer is repeated before the first write", async () => {
  await using zoho = new ListeningZoho((_, nth) =>
    nth === 1
      ? Response.json({ code: "INTERNAL_ERROR", status: "error", message: "", details: {} }, { status: 500 })
      : new Response(null, { status: 204 })
  );
  const db = { rpc: () => Promise.resolve({ data: null, error: null }) };
  const effects = { zoho: clientOf(zoho), db: db as unknown as ServiceClient, log: () => {} };
  const watch = new RevisionWatch();
  await assertRejects(() => watch.check(effects, space, 1));
  await watch.check(effects, space, 1);
  assertEquals(zoho.heard.length, 2);
});
