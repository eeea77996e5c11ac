import { parseJson } from "./core/json.ts";
import type { OrgOptions } from "./org/org.ts";
import { readSettings, type SettingsPatch } from "./org/settings.ts";

export interface ZohoOptions {
  /** 0 is any free port. */
  port?: number;
  hostname?: string;
  seed?: number;
  /** Starts without the custom fields, as an org is before the setup has run. */
  bare?: boolean;
  clientId?: string;
  clientSecret?: string;
  refreshToken?: string;
  settings?: SettingsPatch;
  /** The time by which the clock's offset counts; the machine's unless a test owns it. */
  nowMs?: () => number;
}

export const defaultPort = 8890;

export function orgOptions(options: ZohoOptions): OrgOptions {
  return {
    seed: options.seed ?? 1,
    bare: options.bare ?? false,
    credentials: {
      clientId: options.clientId ?? "1000.LOCALCLIENT",
      clientSecret: options.clientSecret ?? "local-client-secret",
      refreshToken: options.refreshToken ?? "1000.local.refresh",
    },
    settings: readSettings(options.settings ?? {}),
    nowMs: options.nowMs,
  };
}

/** Switches as a command line gives them, `name=value` each; a value that is not JSON is a text. */
export function settingsOf(assignments: string[]): SettingsPatch {
  return Object.fromEntries(assignments.map((assignment) => {
    const [name = "", ...rest] = assignment.split("=");
    const text = rest.join("=");
    if (name === "" || rest.length === 0) throw new RangeError(`--set takes name=value, not ${assignment}`);
    const value = parseJson(text);
    return [name, value === undefined ? text : value];
  }));
}
