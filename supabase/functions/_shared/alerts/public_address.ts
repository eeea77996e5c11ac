import { z } from "zod";

/** Top domains that a network keeps for itself (RFC 6761, RFC 6762, ICANN's .internal): no host of the internet has one. */
const ownDomains = [
  "localhost",
  "local",
  "internal",
  "localdomain",
  "lan",
  "home",
  "arpa",
  "test",
];

/** A name of the public internet: what is set on the page must not reach into a network behind the functions. */
export const publicAddress = z.url({ protocol: /^https$/, error: "is not an https address" }).max(500)
  .refine((url) => isPublicName(new URL(url).hostname), { error: "does not name a host of the internet" });

function isPublicName(host: string): boolean {
  const top = /^[^:[\]]*\.([a-z][a-z0-9-]*)$/i.exec(host)?.[1]?.toLowerCase();
  return top !== undefined && !ownDomains.includes(top);
}
