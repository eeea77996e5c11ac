import { createContext } from "react";

/** Whether the person who is signed in may change something; every admin may read. */
export const MayActContext = createContext(true);
