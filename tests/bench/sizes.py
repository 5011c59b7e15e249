"""Prints the sizes of the command and of the page's module, if they are built."""

from pathlib import Path

import rows
from turns import ENHANCER

ASSETS = Path(__file__).parents[2] / "web" / "dist" / "assets"


def main():
    # Browsers get the module in this form if they accept it, and all do.
    files = {"wasm": ASSETS.glob("enhancer_wasm_bg-*.wasm"), "wasm_brotli": ASSETS.glob("enhancer_wasm_bg-*.wasm.br")}
    files["binary"] = [ENHANCER] if ENHANCER.exists() else []
    rows.show_head()
    for name, found in files.items():
        for file in found:
            rows.show(name, file.stat().st_size / 1e6)


if __name__ == "__main__":
    main()
