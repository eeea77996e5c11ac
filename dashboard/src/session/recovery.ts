/** What the link of a reset mail brings in the address, in place of one of the page's own. */
export type Recovery =
  | { kind: "link"; accessToken: string; refreshToken: string }
  | { kind: "refused"; message: string };

/** Null for every other address. */
export function readRecovery(hash: string): Recovery | null {
  if (hash.startsWith("#/")) return null;
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const [accessToken, refreshToken] = [given.get("access_token"), given.get("refresh_token")];
  if (given.get("type") === "recovery" && accessToken && refreshToken) {
    return { kind: "link", accessToken, refreshToken };
  }
  if (!given.has("error")) return null;
  return {
    kind: "refused",
    message: given.get("error_code") === "otp_expired"
      ? "The link has expired or was used before. Ask for a new one."
      : (given.get("error_description") ?? "The link was refused. Ask for a new one."),
  };
}
