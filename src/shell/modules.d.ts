// Declares the modules that the build puts in place of these imports in a worker.

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "#dist/*" {
  const text: string;
  export default text;
}
