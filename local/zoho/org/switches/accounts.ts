import { z } from "zod";
import { HOUR } from "../../../../supabase/functions/_shared/platform/duration.ts";

/** The accounts server: tokens, scopes, data centre. */
export const accountSwitches = {
  throttleStatus: z.union([z.literal(400), z.literal(200)]).default(400),
  expiredTokenCode: z.enum(["INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_OAUTHTOKEN"])
    .default("INVALID_TOKEN"),
  tokenLifeMs: z.number().min(0).default(HOUR),
  newTokensPer10Minutes: z.number().int().min(1).default(10),
  activeTokens: z.number().int().min(1).default(15),
  scopeInReply: z.boolean().default(true),
  /** What the refresh token was granted; comma or space separated. */
  scopes: z.string().default(
    "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ " +
      "ZohoCRM.notifications.ALL ZohoCRM.composite_requests.CUSTOM " +
      "ZohoCRM.org.READ ZohoCRM.users.READ",
  ),
  dataCentre: z.enum(["us", "eu", "in", "au", "cn", "jp", "ca", "sa", "uk"]).default("us"),
};
