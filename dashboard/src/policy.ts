/**
 * Lets the page talk to its own project and to no other host. A second policy can only take away from the first, so
 * one build serves any project and still has its address in connect-src.
 */
export function allowOnly(supabaseUrl: string): void {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = `connect-src 'self' ${supabaseUrl} ${supabaseUrl.replace(/^http/, "ws")}`;
  document.head.append(meta);
}
