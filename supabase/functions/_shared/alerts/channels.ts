import { SECOND } from "../platform/duration.ts";
import type { AlertSettings } from "../platform/alert_settings.ts";
import { hookBody, mailBody, type Message, slackBody } from "./message.ts";

/** A channel for alerts. Shown by name only, since its address is a secret. */
export interface AlertChannel {
  name: "webhook" | "email" | "hook";
  /** @throws ChannelError */
  send(message: Message): Promise<void>;
}

/** A channel did not take a message. Names the status or the kind of fault, never the address. */
export class ChannelError extends Error {
  override readonly name = "ChannelError";
  constructor(readonly channel: string, readonly code: string) {
    super(`${channel}: ${code}`);
  }
}

const timeoutMs = 10 * SECOND;

/** The channels that are set up. */
export function openChannels(
  { webhookUrl, email, hook }: AlertSettings,
  fetcher: typeof fetch,
): AlertChannel[] {
  const channels: AlertChannel[] = [];
  if (webhookUrl !== null) {
    channels.push({
      name: "webhook",
      send: (message) => post(fetcher, "webhook", webhookUrl, slackBody(message), {}),
    });
  }
  if (email !== null) {
    const headers = { authorization: `Bearer ${email.key}` };
    channels.push({
      name: "email",
      send: (message) => post(fetcher, "email", email.url, mailBody(message, email), headers),
    });
  }
  if (hook !== null) {
    const headers: Record<string, string> = hook.token === null
      ? {}
      : { authorization: `Bearer ${hook.token}` };
    channels.push({
      name: "hook",
      send: (message) => post(fetcher, "hook", hook.url, hookBody(message), headers),
    });
  }
  return channels;
}

/** Sends the outside monitor a heartbeat. @throws ChannelError */
export async function beat(url: string, fetcher: typeof fetch): Promise<void> {
  await call("heartbeat", () => fetcher(url, { signal: AbortSignal.timeout(timeoutMs) }));
}

async function post(
  fetcher: typeof fetch,
  channel: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<void> {
  await call(channel, () =>
    fetcher(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      // An address elsewhere was not checked, and after a 301 or 302 it would get a GET without the message.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    }));
}

async function call(channel: string, work: () => Promise<Response>): Promise<void> {
  let response: Response;
  try {
    response = await work();
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    throw new ChannelError(channel, isTimeout ? "TIMEOUT" : "NETWORK");
  }
  // Read to the end, so that the connection can be used again.
  await response.body?.cancel();
  if (!response.ok) throw new ChannelError(channel, `HTTP_${response.status}`);
}
