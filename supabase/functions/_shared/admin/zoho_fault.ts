import { answer } from "../platform/http.ts";
import { SecretUnreadableError } from "../platform/secrets.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { isZohoFault } from "../zoho/faults.ts";
import type { AdminCall } from "./router.ts";

/** Does what an operator asked of Zoho; a refusal of Zoho's is answered with its code and what to do. */
export async function answeringFaults(
  call: AdminCall,
  what: string,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const isZohos = isZohoFault(error) || error instanceof SecretUnreadableError;
    if (!isZohos) throw error;
    call.log("error", `${what}: Zoho could not be asked`, { code: error.code });
    const hint = rowOfFault(error).advice;
    return answer({ success: false, error: { code: error.code, message: error.message, hint } }, 502);
  }
}
