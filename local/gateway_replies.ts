/** An answer of the gateway itself; `sbErrorCode` names the platform's reason, as its response header does. */
export function gatewayRefusal(status: number, message: string, sbErrorCode?: string): Response {
  const headers = new Headers({ "access-control-allow-origin": "*" });
  if (sbErrorCode) {
    headers.set("sb-error-code", sbErrorCode);
    headers.set("access-control-expose-headers", "sb-error-code");
  }
  return Response.json({ code: sbErrorCode ?? status, message }, { status, headers });
}
