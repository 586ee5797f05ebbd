"""Pure grammars of files and manifests: text and bytes in, values out, and back. No IO."""
