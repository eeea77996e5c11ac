import { createContext, useContext } from "react";

/** Whether the person who is signed in may change something; every admin may read. */
export const MayActContext = createContext(true);

/** Why a button cannot be pressed by a role that only reads. */
export const readOnlyReason = "Your role is read-only";

/** The reason when the person may only read, else undefined. */
export function useReadOnlyReason(): string | undefined {
  return useContext(MayActContext) ? undefined : readOnlyReason;
}
