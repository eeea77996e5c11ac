import { z } from "zod";

const rate = z.number().min(0).max(1);
const duration = z.number().min(0);

/** Faults of everything the simulator sends out by itself: notification callbacks and workflow webhooks. */
const callbacks = z.strictObject({
  /** Share of deliveries sent twice. */
  duplicate: rate.default(0),
  /** Share of deliveries never sent. */
  lose: rate.default(0),
  /** Share of deliveries held back until the next one has gone. */
  reorder: rate.default(0),
  delayMs: duration.default(0),
  jitterMs: duration.default(0),
});

/** Acts as the Deluge function that the project ships: it signs and posts every change of these modules. */
const workflow = z.strictObject({
  url: z.string(),
  secret: z.string(),
  modules: z.array(z.string()).default(["Deals"]),
  sign: z.enum(["body", "timestamp", "none"]).default("body"),
  /** The word for `operation`: insert, update, delete or create, edit, delete. */
  words: z.enum(["insert", "create"]).default("insert"),
});

/** A workflow rule with a field update: what it sets after a write that it matches. */
const fieldUpdate = z.strictObject({
  module: z.string(),
  on: z.enum(["insert", "update", "any"]).default("any"),
  /** The write must have changed this field, and to this value where one is given. */
  field: z.string().optional(),
  value: z.json().optional(),
  set: z.record(z.string(), z.json()),
  /** On the simulator's clock; 0 is before the answer leaves. */
  delayMs: duration.default(0),
});

/** What Zoho does by itself after a write. */
export const automationSwitches = {
  /** Whether notification callbacks fire for writes made through the API, and whether `trigger: []` stops them. */
  notifyApiWrites: z.boolean().default(true),
  triggerSilencesNotifications: z.boolean().default(false),
  notifyChannelId: z.enum(["string", "number"]).default("string"),
  notifyIdsTogether: z.boolean().default(true),
  /** The word for a deletion in a callback. */
  notifyDeleteWord: z.string().min(1).default("delete"),
  /** How a lookup looks in `affected_values`. */
  notifyLookups: z.enum(["id", "named"]).default("id"),
  /** Channels that are alive at once; null is no limit. */
  channelLimit: z.number().int().min(1).nullable().default(null),
  /** What a restored record is to a channel. */
  notifyRestore: z.enum(["nothing", "insert", "update"]).default("nothing"),
  /** Tries after a delivery that failed or was answered with an error, and the wait between them. */
  callbackRetries: z.number().int().min(0).default(0),
  callbackRetryMs: duration.default(1_000),
  /** A channel whose deliveries failed so often in a row is gone; null is never. */
  channelEndsAfterFailures: z.number().int().min(1).nullable().default(null),
  /** Whether restored and moved records keep the Modified_Time they had. */
  restoredTime: z.enum(["kept", "now"]).default("kept"),
  mergedRelatedTime: z.enum(["kept", "now"]).default("kept"),
  fieldUpdates: z.array(fieldUpdate).default([]),
  /** Who a field update is by: the user whose write started it, or a user of the system. */
  fieldUpdateUser: z.enum(["trigger", "system"]).default("trigger"),
  callbackTimeoutMs: duration.default(10_000),
  callbacks: callbacks.prefault({}),
  workflow: workflow.nullable().default(null),
};
