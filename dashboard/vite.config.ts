import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** While one works on the page, Vite itself writes inline scripts and styles into it. */
const withoutPolicy: Plugin = {
  name: "without-policy",
  apply: "serve",
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv[\s\S]*?\/>/, ""),
};

/** Relative addresses, so that the page can lie in any folder of any host. */
export default defineConfig({
  base: "./",
  plugins: [react(), withoutPolicy],
  build: {
    target: "es2022",
    // Nothing may become a data: URL; the policy of index.html would refuse it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // In bytes before compression, of which there are 3.4 for each that is loaded; tests/ci/dashboard.ts holds those.
    chunkSizeWarningLimit: 600,
  },
});
