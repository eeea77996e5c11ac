import { assertEquals, assertThrows } from "@std/assert";
import {
  firstEpoch,
  isAlarming,
  lastEpoch,
  parseRevision,
  readRevision,
  revisionKind,
  revisionOf,
} from "../../supabase/functions/_shared/merge/revision.ts";

const space = { epoch: 200_000, lastSequence: 50, earlier: [150_000] };

Deno.test("a revision is its epoch and sequence, and gives both back", () => {
  for (const epoch of [firstEpoch, 200_000, lastEpoch]) {
    for (const sequence of [1, 50, 9_999_999_999]) {
      assertEquals(parseRevision(revisionOf(epoch, sequence)), { epoch, sequence });
    }
  }
  assertEquals(revisionOf(200_000, 7), "2000000000000007");
});

Deno.test("a revision survives a JSON number: Zoho may answer a bigint as either", () => {
  const highest = revisionOf(lastEpoch, 9_999_999_999);
  assertEquals(readRevision(JSON.parse(highest)), highest);
  assertEquals(readRevision(` ${highest} `), highest);
  assertEquals([readRevision(null), readRevision(""), readRevision(undefined), readRevision({})], [
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("a later revision of one epoch is a greater number", () => {
  assertEquals(BigInt(revisionOf(200_000, 10)) > BigInt(revisionOf(200_000, 9)), true);
});

for (
  const [epoch, sequence] of [[99_999, 1], [900_000, 1], [200_000, 0], [200_000, 1e10], [
    200_000.5,
    1,
  ]] as const
) {
  Deno.test(`epoch ${epoch} and sequence ${sequence} make no revision`, () => {
    assertThrows(() => revisionOf(epoch, sequence), RangeError);
  });
}

const kinds = [
  ["an empty field", null, "none"],
  ["a number of our sequence", revisionOf(200_000, 50), "known"],
  ["a number beyond our sequence", revisionOf(200_000, 51), "ahead"],
  ["any number of a closed epoch", revisionOf(150_000, 9_000), "known"],
  ["a number of another epoch", revisionOf(300_000, 1), "foreign"],
  ["a small number", "42", "typed"],
  ["a number of eighteen digits", "200000000000000001", "typed"],
  ["a number of the first epoch's range and sequence zero", "2000000000000000", "typed"],
  ["a negative number", "-2000000000000001", "typed"],
  ["a text", "revision", "typed"],
] as const;

for (const [what, revision, kind] of kinds) {
  Deno.test(`${what} is ${kind}`, () => {
    assertEquals(revisionKind(revision, space), kind);
    assertEquals(isAlarming(revision, space), kind === "ahead" || kind === "foreign");
  });
}
