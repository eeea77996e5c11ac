import { isRefusal } from "./answer.ts";
import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";
import { DAY } from "../platform/duration.ts";

/** Events to subscribe to; creations by others matter only for Deals. */
export const channelEvents = [
  "Deals.create",
  "Deals.edit",
  "Deals.delete",
  "Quotes.edit",
  "Quotes.delete",
  "Invoices.edit",
  "Invoices.delete",
  "Contacts.delete",
  "Accounts.delete",
];
/** A week at most; a longer or missing expiry silently becomes one hour (notifications page). */
const channelLifeMs = 6 * DAY;

export interface NotificationChannel {
  channelId: string;
  module: string;
  expiresAt: string | null;
  /** The address that Zoho calls; null if the answer has none. */
  notifyUrl: string | null;
}

export interface ChannelPlan {
  /** This database's own. */
  channelId: string;
  notifyUrl: string;
  token: string;
  now: number;
}

/** Opens the channel, or opens it anew under the same id. @throws ZohoCallError, ZohoTokenError */
export function openChannel(client: ZohoClient, plan: ChannelPlan): Promise<NotificationChannel[]> {
  return subscribe(client, "POST", plan);
}

/**
 * Gives the channel another six days. Renewing an expired channel fails (NOT_SUBSCRIBED), so a new one is opened then.
 * @throws ZohoCallError, ZohoTokenError
 */
export async function renewChannel(client: ZohoClient, plan: ChannelPlan): Promise<NotificationChannel[]> {
  try {
    return await subscribe(client, "PATCH", plan);
  } catch (error) {
    if (error instanceof ZohoCallError && error.code === "NOT_SUBSCRIBED") {
      return await openChannel(client, plan);
    }
    throw error;
  }
}

/** @throws ZohoCallError, ZohoTokenError */
export async function fetchChannels(client: ZohoClient, channelId: string): Promise<NotificationChannel[]> {
  const { body } = await client.call({
    method: "GET",
    path: "/actions/watch",
    query: { channel_id: channelId },
  });
  if (body === null) return [];
  if (!isRecord(body) || !Array.isArray(body.watch) || !body.watch.every(isRecord)) {
    throw new ZohoCallError("UNREADABLE", "the answer is not a list of channels");
  }
  return readChannels(body.watch);
}

async function subscribe(
  client: ZohoClient,
  method: "POST" | "PATCH",
  plan: ChannelPlan,
): Promise<NotificationChannel[]> {
  const { status, body } = await client.call({
    method,
    path: "/actions/watch",
    body: {
      watch: [{
        channel_id: plan.channelId,
        events: channelEvents,
        // Zoho reads an offset, not a Z.
        channel_expiry: new Date(plan.now + channelLifeMs).toISOString().replace(/\.\d+Z$/, "+00:00"),
        token: plan.token,
        notify_url: plan.notifyUrl,
        // On by default, and would report an edit of a Contact as an edit of its Deals.
        notify_on_related_action: false,
      }],
    },
  });
  const [item] = isRecord(body) && Array.isArray(body.watch) ? body.watch : [];
  if (!isRecord(item) || item.code !== "SUCCESS" || isRefusal(item) || status >= 400) {
    const told = isRecord(item) && typeof item.code === "string" ? item.code : "UNREADABLE";
    const code = told === "SUCCESS" ? "UNREADABLE" : told;
    throw new ZohoCallError(code, `the channel was not ${method === "POST" ? "opened" : "renewed"}: ${code}`);
  }
  const details = isRecord(item.details) ? item.details : {};
  return readChannels(details.events).map((channel) => ({ ...channel, notifyUrl: plan.notifyUrl }));
}

function readChannels(items: unknown): NotificationChannel[] {
  if (!Array.isArray(items)) return [];
  return items.filter(isRecord).map((item) => ({
    channelId: String(item.channel_id ?? ""),
    module: typeof item.resource_name === "string" ? item.resource_name : "",
    expiresAt: typeof item.channel_expiry === "string" ? item.channel_expiry : null,
    notifyUrl: typeof item.notify_url === "string" ? item.notify_url : null,
  }));
}
