// The build hook puts hls.js's light build beside our scripts; its types are the package's own.
declare module "*/vendor/hls.js" {
  export * from "hls.js";
  export { default } from "hls.js";
}
