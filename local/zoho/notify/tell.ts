import type { RecordChange } from "../org/changes.ts";
import type { Org } from "../org/org.ts";
import { callbacksFor } from "./callbacks.ts";
import { workflowPosts } from "./workflow.ts";

/** Notifies all subscribers of what one call has committed. */
export function tellTheOutside(org: Org, changes: RecordChange[]): void {
  for (const callback of callbacksFor(org, changes, org.channels.active(org.nowMs()))) {
    const { url, module, operation, ids, channelId } = callback;
    const body = JSON.stringify(callback.body);
    org.deliverer.send({ kind: "notification", url, module, operation, ids, body, headers: {}, channelId });
  }
  for (const post of workflowPosts(org, changes)) org.deliverer.send(post);
}
