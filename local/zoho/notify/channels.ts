import { DAY, HOUR } from "../../../supabase/functions/_shared/platform/duration.ts";
import { parseIso } from "../core/clock.ts";
import type { Json, JsonObject } from "../core/json.ts";

export type Event = "create" | "edit" | "delete" | "all";

/** One module of one channel: Zoho lists and expires them one by one. */
export interface Subscription {
  channelId: string;
  module: string;
  events: Event[];
  expiresAtMs: number;
  token: string | null;
  notifyUrl: string;
  returnValues: boolean;
  notifyOnRelated: boolean;
  condition: Json;
  /** Fields a condition names; empty means any. */
  fields: string[];
}

/** At most a week ahead from v4 on, a day before that; absent or later means one hour, silently (facts §9). */
export function expiryOf(text: Json | undefined, nowMs: number, apiVersion: number): number | undefined {
  const longest = apiVersion >= 4 ? 7 * DAY : DAY;
  if (text === undefined || text === null) return nowMs + HOUR;
  const wished = typeof text === "string" ? parseIso(text) : undefined;
  if (wished === undefined || wished <= nowMs) return undefined;
  return wished > nowMs + longest ? nowMs + HOUR : wished;
}

export class ChannelBook {
  readonly #failures = new Map<string, number>();
  #subscriptions: Subscription[] = [];

  /** A channel that subscribes again to a module replaces what it had there. */
  put(subscription: Subscription): void {
    this.#subscriptions = this.#subscriptions.filter((known) =>
      known.channelId !== subscription.channelId || known.module !== subscription.module
    );
    this.#subscriptions.push(subscription);
  }

  active(nowMs: number): Subscription[] {
    this.#subscriptions = this.#subscriptions.filter((known) => known.expiresAtMs > nowMs);
    return this.#subscriptions;
  }

  ofChannel(channelId: string, nowMs: number): Subscription[] {
    return this.active(nowMs).filter((known) => known.channelId === channelId);
  }

  removeChannel(channelId: string): void {
    this.#subscriptions = this.#subscriptions.filter((known) => known.channelId !== channelId);
  }

  /** Failures in a row end a channel where Zoho is set to do so; one repository says that it does (facts §0). */
  noteDelivery(channelId: string, isTaken: boolean, limit: number | null): void {
    const failures = isTaken ? 0 : (this.#failures.get(channelId) ?? 0) + 1;
    this.#failures.set(channelId, failures);
    if (limit === null || failures < limit) return;
    this.removeChannel(channelId);
    this.#failures.delete(channelId);
  }

  clear(): void {
    this.#failures.clear();
    this.#subscriptions = [];
  }
}

/** `Deals.edit` and the like, grouped by module; undefined when one of them is no event. */
export function readEvents(
  value: Json | undefined,
  moduleOf: (name: string) => string | undefined,
): Map<string, Event[]> | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const grouped = new Map<string, Event[]>();
  for (const entry of value) {
    const [name = "", event = ""] = typeof entry === "string" ? entry.split(".") : [];
    const module = moduleOf(name);
    if (module === undefined || !isEvent(event)) return undefined;
    grouped.set(module, [...(grouped.get(module) ?? []), event]);
  }
  return grouped;
}

function isEvent(text: string): text is Event {
  return ["create", "edit", "delete", "all"].includes(text);
}

export function wantsOperation(events: Event[], operation: "insert" | "update" | "delete"): boolean {
  const event = { insert: "create", update: "edit", delete: "delete" } as const;
  return events.includes("all") || events.includes(event[operation]);
}

/** Row of `GET /actions/watch`. */
export function subscriptionAsJson(
  subscription: Subscription,
  resource: JsonObject,
  iso: (ms: number) => string,
): JsonObject {
  return {
    notify_on_related_action: subscription.notifyOnRelated,
    channel_expiry: iso(subscription.expiresAtMs),
    return_affected_field_values: subscription.returnValues,
    ...resource,
    notify_url: subscription.notifyUrl,
    notification_condition: subscription.condition,
    fields: null,
    channel_id: subscription.channelId,
    events: subscription.events.map((event) => `${subscription.module}.${event}`),
    token: subscription.token,
  };
}
