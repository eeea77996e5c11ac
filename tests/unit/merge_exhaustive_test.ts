import { assert } from "@std/assert";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { stageIn } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import { attemptRevision, baseRevision, goodInput } from "./merge_samples.ts";
import {
  attemptLists,
  authors,
  bases,
  carried,
  converges,
  isIndependentOfPeople,
  isSame,
  keepsPromises,
  modelFields,
  modelStages,
  modelStatuses,
  must,
  rowOf,
  shown,
  stageOf,
  survivesLostAnswer,
  unseen,
} from "./merge_promises.ts";

// The promises of the merge over every combination of status and stage in a small model.

Deno.test("every combination of status, stage, base, revision, attempt and author keeps the promises", () => {
  let cases = 0;
  for (const base of bases) {
    const theirsOfBase = base === null ? [...unseen, { kind: "absent" } as const] : unseen;
    const allTheirs = [
      ...theirsOfBase,
      ...carried.flatMap((revision) => modelStages.map((stage) => shown(stage, revision))),
    ];
    for (const attempts of [[], ...attemptLists({}, attemptRevision)]) {
      for (const theirs of allTheirs) {
        for (const status of modelStatuses) {
          const input = goodInput({
            ours: { fields: modelFields, status, firstStage: "Closed Lost" },
            base,
            attempts,
            theirs,
          });
          const each = { input, result: merge(input) };
          converges(each);
          survivesLostAnswer(each);
          isIndependentOfPeople(each);
          cases += theirs.kind === "record" ? authors.length : 1;
          if (theirs.kind === "record") keepsPromises(each, status, theirs);
          else must(each, "an unread stage is neither taken in nor sent", each.result.takeIn === null);
          if (theirs.kind === "not_read") {
            must(each, "an unread record gets no stage", !Object.hasOwn(each.result.send, "Stage"));
          }
        }
      }
    }
  }
  console.log(`      ${cases.toLocaleString("en")} combinations with revisions`);
  assert(cases > 1_000_000);
});

Deno.test("every combination keeps the promises where the org keeps no revision", () => {
  let cases = 0;
  const evidence = { KYC_Status: "Declined" };
  const unrevised = bases.filter((base) => base === null || base.agreed?.revision !== baseRevision);
  for (const base of unrevised) {
    for (const attempts of [[], ...attemptLists({}, null), ...attemptLists(evidence, null)]) {
      for (
        const theirs of [modelFields, evidence].flatMap((held) =>
          modelStages.map((stage) => shown(stage, null, held))
        )
      ) {
        for (const status of modelStatuses) {
          const input = goodInput({
            ours: { fields: modelFields, status, firstStage: null },
            base,
            attempts,
            theirs,
            revisions: null,
            plannedRevision: null,
          });
          const each = { input, result: merge(input) };
          converges(each);
          isIndependentOfPeople(each);
          cases += authors.length;
          if (attempts.every(({ outcome }) => outcome !== "unknown")) {
            if (theirs.kind === "record") keepsPromises(each, status, theirs);
            continue;
          }
          const [attempt] = attempts;
          const stage = theirs.kind === "record" ? stageIn(theirs.fields) : null;
          const { agrees } = rowOf(stage);
          const candidates = [
            base?.agreed,
            attempt && { stage: stageIn(attempt.sent), status: attempt.status },
          ];
          const known = candidates.filter((candidate) => candidate !== null && candidate !== undefined);
          const certainlyMoved = known.every((candidate) => !isSame(candidate.stage, stage));
          const certainlyChanged = known.every((candidate) => candidate.status !== status);
          const isSent = Object.hasOwn(each.result.send, "Stage");
          if (certainlyMoved && isSent) {
            must(
              each,
              "a stage that no write of ours explains is not overwritten silently",
              each.result.conflict !== null,
            );
          }
          if (certainlyChanged) must(each, "a changed status is never replaced", each.result.takeIn === null);
          if (certainlyChanged && !agrees.includes(status) && stageOf[status] !== null) {
            must(each, "a changed status is sent or asked", isSent || each.result.questions.length > 0);
          }
        }
      }
    }
  }
  console.log(`      ${cases.toLocaleString("en")} combinations without revisions`);
  assert(cases > 100_000);
});
