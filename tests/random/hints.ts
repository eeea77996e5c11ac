import { ownNames } from "../../supabase/functions/_shared/zoho/names.ts";
import { processZohoCRMWebhook } from "../../supabase/functions/_shared/webhook/receive.ts";
import { channelToken, hmacHex, webhookSecret } from "../support/webhook.ts";
import type { Hint, World } from "./world.ts";

// What lies between Zoho and zoho-webhook: hints are delivered in any order, twice, or not at all.

export async function deliverHint(world: World, depth: number): Promise<void> {
  const { random } = world;
  const place = random.below(world.hints.length);
  const hint = world.hints[place];
  if (hint === undefined) return;
  const isKept = random.chance(0.15);
  if (!isKept) world.hints.splice(place, 1);
  const answer = await deliver(world, hint, random.chance(0.3));
  world.note(
    `hint ${hint.number} of ${world.nameOf(hint.id)} arrives${isKept ? ", and will again" : ""}: ${answer}`,
    depth,
  );
}

export function loseHint(world: World, depth: number): Promise<void> {
  const [hint] = world.hints.splice(world.random.below(world.hints.length), 1);
  if (hint) world.note(`hint ${hint.number} of ${world.nameOf(hint.id)} is lost`, depth);
  return Promise.resolve();
}

async function deliver(
  { ground }: World,
  { id, operation, data }: Hint,
  isNotification: boolean,
): Promise<string> {
  const body = JSON.stringify(
    isNotification
      ? { channel_id: "1", token: channelToken, module: "Deals", operation, ids: [id] }
      : { module: "Deals", operation, record_id: id, record_data: data ?? {} },
  );
  const request = new Request("http://localhost/zoho-webhook", {
    method: "POST",
    body,
    headers: isNotification ? {} : { "x-zoho-webhook-signature": hmacHex(body) },
  });
  const response = await processZohoCRMWebhook({
    db: ground.database(fetch),
    settings: { secrets: [webhookSecret], notificationTokens: [channelToken] },
    log: () => {},
    now: () => ground.clock.nowMs,
    sleep: () => Promise.resolve(),
    countRefusal: (reason) => {
      throw new Error(`a hint was refused: ${reason}`);
    },
    // Workers start by themselves here.
    drainSoon: () => {},
    names: () => Promise.resolve(ownNames),
  }, request);
  const { message }: { message: string } = await response.json();
  if (response.status !== 200) throw new Error(`a hint was answered ${response.status} ${message}`);
  return message;
}
