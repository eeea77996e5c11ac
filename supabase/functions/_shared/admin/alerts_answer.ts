import type { AlertName } from "../alerts/answer.ts";
import type { Moment } from "../status/answer.ts";

// GET /alerts, POST /alerts/mute, /alerts/channels, /alerts/test

export interface AlertItem {
  name: AlertName;
  /** What it watches, one sentence. */
  title: string;
  state: "on" | "off";
  /** Since when it is so. */
  since: Moment | null;
  detail: string | null;
  mutedUntil: Moment | null;
  isMuted: boolean;
  /** The last change that was sent on every channel. */
  lastNotifiedAt: Moment | null;
  /** A change of state that could not be sent yet; it is tried again at the next check. */
  isUnsent: boolean;
}

export interface AlertsAnswer {
  alerts: AlertItem[];
  lastCheckedAt: Moment | null;
  /** Where alerts go; no address, only whether there is one. */
  channels: { webhook: boolean; email: boolean; hook: boolean; heartbeat: boolean };
  /** False: alerts are decided and shown, but not sent. */
  isAnyoneNotified: boolean;
  /** Those that were set here; the others are set by variables. */
  stored: ("webhook" | "hook")[];
}

export interface AlertChannelRequest {
  channel: "webhook" | "hook";
  /** Null takes it away. */
  url: string | null;
  /** The bearer token that a `hook` asks for. */
  token?: string;
}

export interface AlertTestAnswer {
  /** One for each channel that is set up. */
  results: {
    channel: "webhook" | "email" | "hook";
    ok: boolean;
    /** TIMEOUT, NETWORK, HTTP_404 …; null when it was taken. */
    code: string | null;
  }[];
}

export interface MuteRequest {
  alert: AlertName;
  /** Null ends the muting; "forever" mutes until a person ends it. */
  until: Moment | "forever" | null;
}
