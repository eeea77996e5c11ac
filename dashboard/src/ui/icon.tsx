const PATHS = {
  overview: "M3 13h7V3H3zM14 21h7V11h-7zM14 3v4h7V3zM3 17v4h7v-4z",
  queue: "M4 6h16M4 12h16M4 18h10",
  problems: "M12 9v4M12 17h.01M10.3 3.9 2 18a2 2 0 0 0 1.7 3h16.6a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0z",
  contract: "M14 3v5h5M7 3h8l4 4v14H5V3zM9 13h6M9 17h6",
  attempts: "M4 12h13M12 6l6 6-6 6M4 5v14",
  events: "M3 12h4l3 8 4-16 3 8h4",
  reconcile: "M7 4 3 8l4 4M3 8h14M17 12l4 4-4 4M21 16H7",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  alerts: "M6 9a6 6 0 1 1 12 0c0 6 2 7 2 7H4s2-1 2-7M10 20a2 2 0 0 0 4 0",
  activity: "M12 7v5l3 2M21 12a9 9 0 1 1-9-9 9 9 0 0 1 9 9z",
  search: "M11 18a7 7 0 1 1 0-14 7 7 0 0 1 0 14zM20 20l-4-4",
  sun:
    "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1M12 20v1M4.2 4.2l.7.7M19.1 19.1l.7.7M3 12h1M20 12h1M4.2 19.8l.7-.7M19.1 4.9l.7-.7",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  pause: "M9 5v14M15 5v14",
  play: "M7 5l12 7-12 7z",
  check: "M5 12.5 10 17 19 7",
  cross: "M12 8v5M12 16h.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  retry: "M20 11a8 8 0 1 0-2.3 6M20 5v6h-6",
  out: "M15 4h4v16h-4M10 8l-4 4 4 4M6 12h9",
  outside: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  backfill: "M12 4v10M8 10l4 4 4-4M4 18h16",
  download: "M12 4v11M8 11l4 4 4-4M5 20h14",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: the text beside it, or its button's label, says the same in words. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1c1c1c" />
      <path
        d="M7 13h15l-4-4M25 19H10l4 4"
        fill="none"
        stroke="#3ecf8e"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
