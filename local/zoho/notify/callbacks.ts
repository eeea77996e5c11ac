import { type Json, type JsonObject } from "../core/json.ts";
import { changedFields, type RecordChange } from "../org/changes.ts";
import type { Org } from "../org/org.ts";
import { lookupValue } from "../org/render.ts";
import { type Subscription, wantsOperation } from "./channels.ts";

export interface Callback {
  url: string;
  module: string;
  operation: string;
  ids: string[];
  body: JsonObject;
  channelId: string;
}

/** The callbacks that one call's commits cause, as the Notification API sends them (facts §9). */
export function callbacksFor(org: Org, changes: RecordChange[], subscriptions: Subscription[]): Callback[] {
  return subscriptions.flatMap((subscription) => {
    const wanted = changes.filter((change) => concerns(org, subscription, change));
    return grouped(wanted, org.settings.notifyIdsTogether).map((group) => callback(org, subscription, group));
  });
}

function concerns(org: Org, subscription: Subscription, change: RecordChange): boolean {
  const { settings } = org;
  if (change.module !== subscription.module) return false;
  if (!wantsOperation(subscription.events, change.operation)) return false;
  if (change.by === "api" && !settings.notifyApiWrites) return false;
  if (!change.triggers && settings.triggerSilencesNotifications) return false;
  if (subscription.fields.length === 0 || change.operation !== "update") return true;
  const touched = changedFields(change);
  return subscription.fields.some((name) => name in touched);
}

/** Changes of one operation share a callback, whose `ids` may then hold several. */
function grouped(changes: RecordChange[], together: boolean): RecordChange[][] {
  if (!together) return changes.map((change) => [change]);
  const groups = new Map<string, RecordChange[]>();
  for (const change of changes) {
    groups.set(change.operation, [...(groups.get(change.operation) ?? []), change]);
  }
  return [...groups.values()];
}

function callback(org: Org, subscription: Subscription, changes: RecordChange[]): Callback {
  const committed = changes[0]?.operation ?? "update";
  const operation = committed === "delete" ? org.settings.notifyDeleteWord : committed;
  const ids = changes.map((change) => change.id);
  const url = new URL(subscription.notifyUrl);
  const { channelId } = subscription;
  const body: JsonObject = {
    server_time: org.nowMs(),
    affected_values: subscription.returnValues ? changes.map((change) => affectedValues(org, change)) : [],
    query_params: Object.fromEntries(url.searchParams),
    module: subscription.module,
    resource_uri: `${org.origin}/crm/v2/${subscription.module}`,
    ids,
    affected_fields: operation === "update"
      ? changes.map((change): JsonObject => ({ [change.id]: Object.keys(changedFields(change)) }))
      : [],
    operation,
    channel_id: org.settings.notifyChannelId === "number"
      ? Number(subscription.channelId)
      : subscription.channelId,
    token: subscription.token,
  };
  return { url: subscription.notifyUrl, module: subscription.module, operation, ids, body, channelId };
}

function affectedValues(org: Org, change: RecordChange): JsonObject {
  const values: Record<string, Json> = {};
  for (const [name, { after }] of Object.entries(changedFields(change))) {
    const field = org.module(change.module)?.fields.get(name);
    const isNamed = field?.dataType === "lookup" && org.settings.notifyLookups === "named";
    values[name] = isNamed ? lookupValue(org, field, after) : after;
  }
  return { record_id: change.id, values };
}
