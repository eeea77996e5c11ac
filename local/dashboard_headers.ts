/** What config.json beside index.html says; see dashboard/src/config.ts. */
export interface DashboardConfig {
  supabaseUrl: string;
  publishableKey: string;
  realtime?: boolean;
}

/** The headers that docs/dashboard.md asks of a host. The page's own policy says the same, but for frame-ancestors. */
export function securityHeaders(supabaseUrl: string): Record<string, string> {
  const policy: Record<string, string> = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": `'self' ${supabaseUrl} ${supabaseUrl.replace(/^http/, "ws")}`,
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
  };
  return {
    "content-security-policy": Object.entries(policy)
      .map((entry) => entry.join(" "))
      .join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
  };
}
