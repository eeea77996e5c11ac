import { IdentityError } from "../identity/faults.ts";
import { answer } from "../platform/http.ts";
import { SecretUnreadableError } from "../platform/secrets.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { isZohoFault } from "../zoho/faults.ts";
import type { AdminCall } from "./router.ts";

/** Carries out an operator's call to Zoho; a refusal is answered with Zoho's code and what to do. */
export async function answeringFaults(
  call: AdminCall,
  what: string,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const isIdentitys = error instanceof IdentityError;
    const isZohos = isZohoFault(error) || error instanceof SecretUnreadableError;
    if (!isZohos && !isIdentitys) throw error;
    call.log("error", `${what}: Zoho could not be asked`, { code: error.code });
    const hint = rowOfFault(error).advice;
    const status = isIdentitys ? 409 : 502;
    return answer({ success: false, error: { code: error.code, message: error.message, hint } }, status);
  }
}
