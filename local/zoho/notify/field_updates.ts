import { sameJson } from "../core/json.ts";
import { changedFields, type RecordChange } from "../org/changes.ts";
import type { Org } from "../org/org.ts";
import type { OrgSettings } from "../org/settings.ts";
import type { User } from "../org/users.ts";
import { noExternalKeys, type WriteScope } from "../records/scope.ts";
import { updateRecord } from "../records/write.ts";

type FieldUpdate = OrgSettings["fieldUpdates"][number];

/**
 * Workflow rules with a field update: a write that a rule matches is followed by a write of Zoho's own, which may
 * rewrite what was just sent or move the stage. `trigger: []` starts none, and a field update starts no other
 * (facts §4.1).
 */
export function runFieldUpdates(org: Org, changes: RecordChange[]): void {
  for (const change of changes) {
    if (!change.triggers || change.by === "workflow") continue;
    for (const rule of org.settings.fieldUpdates) {
      if (!isMet(rule, change)) continue;
      if (rule.delayMs === 0) apply(org, rule, change);
      else org.agenda.add(org.nowMs() + rule.delayMs, () => apply(org, rule, change));
    }
  }
}

function isMet({ module, on, field, value }: FieldUpdate, change: RecordChange): boolean {
  if (module !== change.module || change.after === null) return false;
  if (on !== "any" && on !== change.operation) return false;
  if (field === undefined) return true;
  const changed = changedFields(change)[field];
  return changed !== undefined && (value === undefined || sameJson(changed.after, value));
}

/** What the update sets to values the record does not take is left, as a rule that fails is only logged in Zoho. */
function apply(org: Org, rule: FieldUpdate, change: RecordChange): void {
  const module = org.module(rule.module);
  if (module === undefined || module.store.get(change.id) === undefined) return;
  const scope: WriteScope = {
    org,
    actor: "workflow",
    user: userOf(org, change),
    triggers: false,
    external: noExternalKeys,
    unmodifiedSinceMs: undefined,
    recordFault: () => undefined,
    changes: [],
  };
  updateRecord(scope, module, change.id, rule.set, 0);
  org.announce(scope.changes);
}

/** Open question 28: the user whose write started the rule, or one of the system. */
function userOf(org: Org, change: RecordChange): User {
  if (org.settings.fieldUpdateUser === "system") return systemUser;
  return change.after?.modifiedBy ?? systemUser;
}

const systemUser: User = { id: "1000000000000000001", name: "Zoho CRM", email: "noreply@zohocrm.example" };
