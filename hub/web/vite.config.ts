import tailwindcss from "@tailwindcss/vite";
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [solid(), tailwindcss()],
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    target: "es2022",
    manifest: true,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:7655",
      "/ws": { target: "ws://127.0.0.1:7655", ws: true },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    // Left to Node they would load the server build of solid-js beside the browser's.
    server: { deps: { inline: [/solid/, /@kobalte/] } },
    setupFiles: ["./src/testSetup.ts"],
  },
});
