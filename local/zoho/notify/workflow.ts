import { createHmac } from "node:crypto";
import { SECOND } from "../../../supabase/functions/_shared/platform/duration.ts";
import type { RecordChange } from "../org/changes.ts";
import type { Org } from "../org/org.ts";
import { renderFull } from "../org/render.ts";
import type { OutgoingDelivery } from "./deliver.ts";

const words = {
  insert: { insert: "insert", update: "update", delete: "delete" },
  create: { insert: "create", update: "edit", delete: "delete" },
} as const;

/**
 * What our Deluge function posts when a workflow rule calls it. It is a workflow, so `trigger: []` silences it
 * (facts §4.1). It signs the very text that is sent: Deluge's hmacsha256 with "hex" is lower case (facts §10).
 */
export function workflowPosts(org: Org, changes: RecordChange[]): OutgoingDelivery[] {
  const { workflow } = org.settings;
  if (workflow === null) return [];
  return changes.filter((change) => change.triggers && workflow.modules.includes(change.module)).flatMap(
    (change) => {
      const module = org.module(change.module);
      const record = change.after ?? change.before;
      if (module === undefined || record === null) return [];
      const operation = words[workflow.words][change.operation];
      const body = JSON.stringify({
        module: change.module,
        operation,
        record_id: change.id,
        record_data: renderFull(org, module, record),
      });
      const headers = signed(body, workflow, org.nowMs());
      return [{
        kind: "workflow",
        url: workflow.url,
        module: change.module,
        operation,
        ids: [change.id],
        body,
        headers,
      }];
    },
  );
}

/** The headers that prove a body; with a timestamp the signed text is `timestamp.body`. */
export function signed(
  body: string,
  workflow: { secret: string; sign: "body" | "timestamp" | "none" },
  nowMs: number,
): Record<string, string> {
  if (workflow.sign === "none") return {};
  const digest = (text: string) => createHmac("sha256", workflow.secret).update(text).digest("hex");
  if (workflow.sign === "body") return { "X-ZOHO-WEBHOOK-SIGNATURE": digest(body) };
  const timestamp = String(Math.floor(nowMs / SECOND));
  return {
    "X-ZOHO-WEBHOOK-SIGNATURE": digest(`${timestamp}.${body}`),
    "X-ZOHO-WEBHOOK-TIMESTAMP": timestamp,
  };
}
