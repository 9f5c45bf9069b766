"""wrong_include.py: the build itself keeps the layers apart: with the include path of each layer, a header of a layer that
it may include compiles, and one of any other is not found.

    wrong_include.py COMPILER LAYER=DIRECTORY:DIRECTORY... ...
"""
import subprocess
import sys

import tree


def header(layer):
    """Some header of that layer, by the name it is included by."""
    folder = tree.SOURCE / tree.LAYERS[layer][0]
    return f"{layer}/{sorted(path.name for path in folder.glob('*.h'))[0]}"


def compiles(compiler, directories, include):
    """None, or what the compiler says."""
    command = [compiler, "-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", *(f"-I{d}" for d in directories), "-x", "c", "-"]
    done = subprocess.run(command, input=f'#include "{include}"\n', capture_output=True, text=True, check=False,
                          timeout=60, env={"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"})
    return None if done.returncode == 0 else done.stderr


def main(compiler, *arguments):
    paths = dict(argument.split("=", 1) for argument in arguments)
    assert set(paths) == set(tree.LAYERS), f"the build has the layers {sorted(paths)}"
    failures = 0
    for layer, directories in paths.items():
        for other in tree.LAYERS:
            include = header(other)
            allowed = other == layer or other in tree.LAYERS[layer][1]
            error = compiles(compiler, directories.split(":"), include)
            if allowed and error is not None:
                print(f"{layer} cannot include {include}:\n{error}")
                failures += 1
            elif not allowed and (error is None or f"{include}: No such file" not in error and "file not found" not in error):
                print(f"{layer} can include {include}: {error or 'it compiles'}")
                failures += 1
    print(f"{len(paths)} layers, {len(paths) * len(tree.LAYERS)} includes: {failures or 'no'} complaints")
    return 1 if failures else 0


sys.exit(main(*sys.argv[1:]))
