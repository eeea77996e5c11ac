import type { Part } from "../say/overview.ts";
import { Ago, In, Time } from "./time.tsx";

/** A sentence with moments in it. */
export function Parts({ parts }: { parts: readonly Part[] }) {
  return parts.map((part, index) => {
    if (typeof part === "string") return <span key={index}>{part}</span>;
    const { at, as, none } = part;
    if (as === "until") return <In key={index} at={at} />;
    return as === "ago"
      ? <Ago key={index} at={at} {...(none !== undefined && { none })} />
      : <Time key={index} at={at} {...(none !== undefined && { none })} />;
  });
}
