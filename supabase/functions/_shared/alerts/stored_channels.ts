import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import { openChannels } from "./channels.ts";
import type { AlertSettings } from "../platform/alert_settings.ts";
import { decryptSecret, encryptSecret, SecretUnreadableError } from "../platform/secrets.ts";

type Keys = Uint8Array<ArrayBuffer>[];

/** Channels that can be set on the page: each is an address, and for programs a token. */
export const storedNames = ["webhook", "hook"] as const;
export type StoredName = (typeof storedNames)[number];

const channel = z.object({ url: z.string(), token: z.string().nullable() });
export type StoredChannel = z.infer<typeof channel>;

const rows = z.array(z.object({ name: z.enum(storedNames), sealed: z.string() }));

/** Stores a channel encrypted, or removes it. @throws DatabaseError */
export async function storeChannel(
  db: ServiceClient,
  keys: Keys,
  set: { name: StoredName; channel: StoredChannel | null; by: string },
): Promise<void> {
  const sealed = set.channel && await encryptSecret(keys, JSON.stringify(set.channel));
  await callFunction(db, "zoho_set_alert_channel", {
    p_name: set.name,
    p_set_by: set.by,
    ...(sealed === null ? {} : { p_sealed: sealed }),
  });
}

/** Where alerts go: the variables, and stored values for those not set. @throws DatabaseError */
export async function readChannels(
  db: ServiceClient,
  keys: Keys,
  variables: AlertSettings,
): Promise<{ settings: AlertSettings; stored: StoredName[] }> {
  const found = rows.parse(await callFunction(db, "zoho_alert_channels", {}));
  const opened = new Map<StoredName, StoredChannel>();
  for (const { name, sealed } of found) {
    const text = await decryptSecret(keys, sealed).catch((error) => {
      // Encrypted under a key that is gone: treated as not set, which the page shows.
      if (error instanceof SecretUnreadableError) return null;
      throw error;
    });
    if (text !== null) opened.set(name, channel.parse(JSON.parse(text)));
  }
  return { settings: withStored(variables, opened), stored: [...opened.keys()] };
}

/** Names of the channels that alerts go to, wherever they are set. @throws DatabaseError */
export async function namesOfChannels(
  db: ServiceClient,
  keys: Keys,
  variables: AlertSettings,
): Promise<string[]> {
  const { settings } = await readChannels(db, keys, variables);
  return openChannels(settings, fetch).map(({ name }) => name);
}

export function withStored(
  variables: AlertSettings,
  stored: ReadonlyMap<StoredName, StoredChannel>,
): AlertSettings {
  return {
    ...variables,
    webhookUrl: variables.webhookUrl ?? stored.get("webhook")?.url ?? null,
    hook: variables.hook ?? stored.get("hook") ?? null,
  };
}
