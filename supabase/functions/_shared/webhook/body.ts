import { BadRequestError } from "../platform/http.ts";

/** The longest body a webhook may have; Zoho's records are far smaller. */
export const longestBodyBytes = 256 * 1024;

/**
 * The raw bytes of a POST with a JSON body.
 * @throws BadRequestError 405, 415 or 413
 */
export async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  if (request.method !== "POST") {
    throw new BadRequestError(405, { code: "METHOD_NOT_ALLOWED", message: "Only POST is answered here" });
  }
  const type = request.headers.get("content-type") ?? "";
  // Deluge's invokeurl sends a raw string as text/plain unless it is told otherwise.
  if (!/^(application\/([\w.+-]+\+)?json|text\/plain)\s*(;|$)/i.test(type)) {
    throw new BadRequestError(415, {
      code: "NOT_JSON",
      message: "The content type must be application/json",
      field: "content-type",
    });
  }
  if (Number(request.headers.get("content-length") ?? 0) > longestBodyBytes) throw tooLong();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > longestBodyBytes) throw tooLong();
  return new Uint8Array(bytes);
}

function tooLong(): BadRequestError {
  return new BadRequestError(413, {
    code: "BODY_TOO_LONG",
    message: `The body is over ${longestBodyBytes} bytes`,
  });
}
