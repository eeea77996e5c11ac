import { z } from "zod";
import { BadRequestError } from "../platform/http.ts";

export type InboundOperation = "insert" | "update" | "delete";

/** What our Deluge function posts. */
interface SignedPayload {
  module: string;
  operation: InboundOperation;
  record_id: string;
  record_data: Record<string, unknown>;
}

/** What Zoho's Notification API posts; only a hint (notifications page). */
interface NotificationPayload {
  channel_id: string;
  token: string;
  module: string;
  operation: InboundOperation;
  ids: string[];
  /** Further ids that are none. */
  unreadIds: number;
}

/** The names that workflow rules, the Notification API and Deluge scripts use for the same three operations. */
const operations: Readonly<Record<string, InboundOperation>> = {
  insert: "insert",
  create: "insert",
  created: "insert",
  add: "insert",
  update: "update",
  updated: "update",
  edit: "update",
  modify: "update",
  delete: "delete",
  deleted: "delete",
};

const moduleName = z.string().regex(/^[A-Za-z0-9_]{1,50}$/);
/** Ids have 18 or 19 digits: a JSON number has lost some of them already. */
const recordId = z.string().regex(/^\d{1,30}$/);
const operation = z.string().max(30).transform((word, context) => {
  const folded = word.toLowerCase();
  if (Object.hasOwn(operations, folded)) return operations[folded] ?? "update";
  context.addIssue({ code: "custom", message: "is not an operation such as create, edit or delete" });
  return z.NEVER;
});

const signedPayload = z.object({
  module: moduleName,
  operation,
  record_id: recordId,
  // For people to read: Zoho calls once, so what cannot be read costs the values and not the hint.
  record_data: z.record(z.string(), z.unknown()).catch({}),
});

const notificationPayload = z.object({
  channel_id: z.union([z.string(), z.number()]).transform(String),
  token: z.string().max(50),
  module: moduleName,
  // A word that Zoho's page does not list (it lists insert and update) costs the word and not the hint: the record is read.
  operation: operation.catch("update"),
  ids: z.array(z.unknown()).max(1000),
}).transform(({ ids, ...rest }, context) => {
  // As above: one that cannot be read does not cost the others.
  const readable = ids.filter((id): id is string => recordId.safeParse(id).success);
  if (readable.length === 0) {
    context.addIssue({ code: "custom", path: ["ids"], message: "has no id that can be read" });
  }
  return { ...rest, ids: readable, unreadIds: ids.length - readable.length };
});

/** @throws BadRequestError naming the field that is wrong */
export function parseSignedPayload(body: unknown): SignedPayload {
  return check(signedPayload, body);
}

/** Whether a body claims to be a notification: it has a channel and a token. */
export function looksLikeNotification(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.hasOwn(body, "channel_id") &&
    Object.hasOwn(body, "token");
}

/** @throws BadRequestError naming the field that is wrong */
export function parseNotification(body: unknown): NotificationPayload {
  return check(notificationPayload, body);
}

/** Messages name the field and the rule, never the value. */
function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "body";
  const problem = issue?.code === "custom" ? issue.message : "is missing or has the wrong form";
  throw new BadRequestError(400, { code: "INVALID_PAYLOAD", message: `${field} ${problem}`, field });
}
