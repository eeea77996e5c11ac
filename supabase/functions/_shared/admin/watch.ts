import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { readIdentity } from "../identity/identity.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { webhookSettings } from "../platform/settings.ts";
import { type ChannelPlan, fetchChannels, openChannel, renewChannel } from "../zoho/notifications.ts";
import { recordAction } from "./audit.ts";
import { countingUpkeep } from "./credits.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

const watchRequest = z.strictObject({ action: z.enum(["open", "list", "renew"]) });

/**
 * Opens, lists or renews the Notification API channel that calls zoho-webhook. The schedule renews it every night.
 * @throws BadRequestError naming the field
 */
export async function watch(call: AdminCall): Promise<Response> {
  const { action } = bodyOf(call, watchRequest);
  const [notificationToken] = webhookSettings().notificationTokens;
  if (notificationToken === undefined) {
    return answer({
      success: action === "renew",
      message: "ZOHO_NOTIFICATION_TOKEN is not set; no channel is used",
    });
  }
  const { zoho } = liveDependencies(call.db, call.settings, call.log);
  const { channelId } = await readIdentity(call.db, call.settings.supabaseUrl);
  const plan: ChannelPlan = {
    channelId,
    notifyUrl: `${call.settings.supabaseUrl}/functions/v1/zoho-webhook`,
    token: notificationToken,
    now: Date.now(),
  };
  if (action !== "list") await recordAction(call, `watch: ${action}`, {});
  return await answeringFaults(call, "the notification channel", async () => {
    const channels = await countingUpkeep(
      call.db,
      zoho,
      () =>
        action === "list"
          ? fetchChannels(zoho, channelId)
          : action === "open"
          ? openChannel(zoho, plan)
          : renewChannel(zoho, plan),
    );
    await callFunction(call.db, "zoho_note_channels", { p_channels: channels });
    return answer({ success: true, channels });
  });
}
