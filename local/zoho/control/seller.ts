import type { Org } from "../org/org.ts";
import { noExternalKeys, type WriteScope } from "../records/scope.ts";

/** A write by Thandi Seller, on the screen: automation runs and nothing is conditional. */
export function sellerScope(org: Org): WriteScope {
  return {
    org,
    actor: "seller",
    user: org.users.seller,
    triggers: true,
    external: noExternalKeys,
    unmodifiedSinceMs: undefined,
    recordFault: () => undefined,
    changes: [],
  };
}
