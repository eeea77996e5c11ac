import { isObject, type Json, type JsonObject } from "../core/json.ts";
import { type ApiCall, listOf } from "../http/call.ts";
import { type ErrorItem, errorItem, noContent, refuseCall, type Reply } from "../http/reply.ts";
import { type Event, expiryOf, readEvents, type Subscription, subscriptionAsJson } from "./channels.ts";

const tokenLength = 50;

export function enableChannels(call: ApiCall): Reply {
  return reply(listOf(call, "watch").map((input, index) => subscribe(call, input, index)), 201);
}

/** PUT replaces a whole channel, PATCH keeps what it does not name. */
export function replaceChannels(call: ApiCall): Reply {
  return reply(changeEach(call, "replace"), 200);
}

export function patchChannels(call: ApiCall): Reply {
  return reply(changeEach(call, "keep"), 200);
}

export function listChannels(call: ApiCall): Reply {
  const { org, query } = call;
  const channelId = query.get("channel_id");
  const module = query.get("module");
  const rows = org.channels.active(org.nowMs()).filter((known) =>
    (channelId === null || known.channelId === channelId) &&
    (module === null || known.module === org.module(module)?.apiName)
  );
  if (rows.length === 0) return noContent;
  const watch = rows.map((row) => subscriptionAsJson(row, resource(call, row.module), (ms) => org.iso(ms)));
  const info = { per_page: 200, count: rows.length, page: 1, more_records: false };
  return { status: 200, body: { watch, info } };
}

export function disableChannels(call: ApiCall): Reply {
  const text = call.query.get("channel_ids");
  if (text === null) {
    const details = { param_name: "channel_ids" };
    return refuseCall("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", details);
  }
  return reply(text.split(",").map((id) => unsubscribe(call, id.trim())), 200);
}

type Item = JsonObject | ErrorItem;

function reply(items: Item[], okStatus: number): Reply {
  const failures = items.filter((item) => item.status === "error").length;
  const status = failures === 0 ? okStatus : failures === items.length ? 400 : 207;
  return { status, body: { watch: items } };
}

function subscribe(call: ApiCall, input: JsonObject, index: number): Item {
  const read = readSubscriptions(call, input, index, []);
  if (!Array.isArray(read)) return read;
  const { channels, settings } = call.org;
  const alive = new Set(channels.active(call.org.nowMs()).map(({ channelId }) => channelId));
  const isNew = read.some(({ channelId }) => !alive.has(channelId));
  if (settings.channelLimit !== null && isNew && alive.size >= settings.channelLimit) {
    return errorItem("LIMIT_EXCEEDED", "the number of channels exceeds the limit", {
      limit: settings.channelLimit,
    });
  }
  for (const subscription of read) channels.put(subscription);
  return success(call, read, "Successfully subscribed for actions-watch of the given module");
}

/** Renewing or changing a channel needs one that is still alive: after its end Zoho says NOT_SUBSCRIBED. */
function changeEach(call: ApiCall, mode: "keep" | "replace"): Item[] {
  const book = call.org.channels;
  return listOf(call, "watch").map((input, index) => {
    const channelId = String(input.channel_id ?? "");
    const before = book.ofChannel(channelId, call.org.nowMs());
    if (before.length === 0) {
      return errorItem("NOT_SUBSCRIBED", "Not subscribed for actions-watch of the given module", {
        channel_id: channelId,
      });
    }
    if (mode === "keep" && input._delete_events === true) return dropEvents(call, input, before);
    const read = readSubscriptions(call, input, index, mode === "keep" ? before : []);
    if (!Array.isArray(read)) return read;
    if (mode === "replace") book.removeChannel(channelId);
    for (const subscription of read) book.put(subscription);
    return success(call, read, "Successfully updated the subscribe details");
  });
}

function dropEvents(call: ApiCall, input: JsonObject, before: Subscription[]): Item {
  const dropped = readEvents(input.events, (name) => call.org.module(name)?.apiName) ??
    new Map<string, Event[]>();
  const book = call.org.channels;
  book.removeChannel(String(input.channel_id ?? ""));
  for (const subscription of before) {
    const events = subscription.events.filter((event) => !dropped.get(subscription.module)?.includes(event));
    if (events.length > 0) book.put({ ...subscription, events });
  }
  return success(call, before, "Successfully updated the subscribe details");
}

function unsubscribe(call: ApiCall, channelId: string): Item {
  const book = call.org.channels;
  const [first] = book.ofChannel(channelId, call.org.nowMs());
  if (first === undefined) {
    return errorItem("NOT_SUBSCRIBED", "Not subscribed for actions-watch of the given module", {
      channel_id: channelId,
    });
  }
  book.removeChannel(channelId);
  const { resource_uri, resource_id } = resource(call, first.module);
  return {
    code: "SUCCESS",
    details: { resource_uri: resource_uri ?? null, resource_id: resource_id ?? null, channel_id: channelId },
    message: "Successfully un-subscribed from actions-watch",
    status: "success",
  };
}

/** The subscriptions an entry asks for, one per module; what a PATCH leaves out stays as it was. */
function readSubscriptions(
  call: ApiCall,
  input: JsonObject,
  index: number,
  before: Subscription[],
): Subscription[] | ErrorItem {
  const wrong = (name: string, code = "INVALID_DATA", more: JsonObject = {}): ErrorItem =>
    errorItem(code, code === "INVALID_DATA" ? "invalid data" : "required field not found", {
      api_name: name,
      json_path: `$.watch[${index}].${name}`,
      ...more,
    });
  const { org, version } = call;
  const [old] = before;
  const channelId = input.channel_id ?? null;
  if (channelId === null) return wrong("channel_id", "MANDATORY_NOT_FOUND");
  if (!/^\d{1,19}$/.test(String(channelId))) return wrong("channel_id");
  const given = readEvents(input.events, (name) => org.module(name)?.apiName);
  if (input.events === undefined && before.length === 0) return wrong("events", "MANDATORY_NOT_FOUND");
  if (given === undefined && input.events !== undefined) return wrong("events");
  const events = given ?? new Map(before.map((known) => [known.module, known.events]));
  const notifyUrl = input.notify_url ?? old?.notifyUrl;
  if (notifyUrl === undefined) return wrong("notify_url", "MANDATORY_NOT_FOUND");
  if (typeof notifyUrl !== "string" || !URL.canParse(notifyUrl)) return wrong("notify_url");
  // A PATCH without the token sets it to null, unlike every other key that it does not name.
  const token = input.token ?? null;
  if (typeof token === "string" && token.length > tokenLength) {
    return wrong("token", "INVALID_DATA", { maximum_length: tokenLength });
  }
  const expiresAtMs = input.channel_expiry === undefined && old !== undefined
    ? old.expiresAtMs
    : expiryOf(input.channel_expiry, org.nowMs(), version);
  if (expiresAtMs === undefined) return wrong("channel_expiry");
  const condition = input.notification_condition ?? old?.condition ?? null;
  return [...events].map(([module, wanted]) => ({
    channelId: String(channelId),
    module,
    events: wanted,
    expiresAtMs,
    token: typeof token === "string" ? token : null,
    notifyUrl,
    returnValues: boolean(input.return_affected_field_values, old?.returnValues ?? false),
    notifyOnRelated: boolean(input.notify_on_related_action, old?.notifyOnRelated ?? true),
    condition,
    fields: conditionFields(condition, module),
  }));
}

function boolean(value: Json | undefined, fallback: boolean): boolean {
  return typeof value === "boolean" ? value : fallback;
}

/** Api names in the `field_selection` of a module, at any depth. */
function conditionFields(condition: Json, module: string): string[] {
  const names: string[] = [];
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isObject(value)) return;
    if (isObject(value.field) && typeof value.field.api_name === "string") names.push(value.field.api_name);
    visit(value.group);
  };
  const entries = (Array.isArray(condition) ? condition : []).filter(isObject);
  for (const entry of entries) {
    if (isObject(entry.module) && entry.module.api_name === module) visit(entry.field_selection);
  }
  return names;
}

/** `resource_uri` says v2 whatever version is called (facts §9). */
export function resource(call: ApiCall, module: string): JsonObject {
  return {
    resource_uri: `${call.org.origin}/crm/v2/${module}`,
    resource_id: call.org.module(module)?.id ?? "",
    resource_name: module,
  };
}

function success(call: ApiCall, subscriptions: Subscription[], message: string): JsonObject {
  const events = subscriptions.map((subscription) => ({
    channel_expiry: call.org.iso(subscription.expiresAtMs),
    ...resource(call, subscription.module),
    channel_id: subscription.channelId,
  }));
  return { code: "SUCCESS", details: { events }, message, status: "success" };
}
