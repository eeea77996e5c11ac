import type { StatusAnswer } from "../api/answers.ts";
import type { Part } from "./overview.ts";

/** A token is renewed when something is to be sent, so one that has expired is no fault. */
export function tokenSays({ token, at }: Pick<StatusAnswer, "token" | "at">): Part[] {
  if (token === null || token.expiresAt === null) return ["none yet"];
  if (hasPassed(token.expiresAt, at)) {
    return ["expired ", { at: token.expiresAt, as: "ago" }, "; renewed when it is needed"];
  }
  return ["valid, renewed before it expires ", { at: token.expiresAt, as: "until" }];
}

/** Of several channels the one that ends first. */
export function channelSays({ channels, at }: Pick<StatusAnswer, "channels" | "at">): Part[] {
  if (channels.length === 0) return ["no channel; workflows only"];
  const expired = channels.filter(({ expiresAt }) => hasPassed(expiresAt, at));
  const ends = channels.flatMap(({ expiresAt }) => expiresAt ?? []).sort((a, b) =>
    Date.parse(a) - Date.parse(b)
  );
  const [first = null] = ends;
  if (expired.length > 0) return ["channel expired ", { at: first, as: "ago" }];
  return first === null
    ? ["channel without an end"]
    : ["channel renewed before it expires ", { at: first, as: "until" }];
}

const hasPassed = (moment: string | null, at: string) =>
  moment !== null && Date.parse(moment) <= Date.parse(at);
