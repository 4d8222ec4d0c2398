-- Names of languages as people write them -> those that pandoc knows.
--
-- What is none of these names, pandoc takes for the ending of a file's name, and loads its 150 syntaxes to find whose:
-- a third of a second, once in a process. So the endings in use are here, and the words that are no language's.

local languages = {}

-- pandoc's name, and other names for it.
local NAMES = {
  ada = 'adb ads', bash = 'sh shell ksh bsh', bibtex = 'bib', c = 'h', clojure = 'clj cljs', commonlisp = 'lisp el cl',
  cpp = 'c++ cc cxx h++ hh hpp hxx cu cuda', crystal = 'cr', cs = 'c# csharp', d = 'di', diff = 'patch',
  dockerfile = 'docker', dosbat = 'bat cmd', dot = 'gv', elixir = 'ex exs', erlang = 'erl', fasm = 'asm',
  fortranfixed = 'f for fortran f77', fortranfree = 'f90 f95', fsharp = 'f# fs fsi fsx', glsl = 'frag vert', gnuassembler = 's',
  go = 'golang', groovy = 'gradle gvy', haskell = 'hs', html = 'htm html5 xhtml', idris = 'idr', ini = 'cfg',
  javascript = 'js mjs cjs node', javascriptreact = 'jsx', json = 'geojson', julia = 'jl', kotlin = 'kt kts',
  latex = 'tex sty cls ltx tikz', literatehaskell = 'lhs', llvm = 'll', makefile = 'make mk', markdown = 'md',
  mathematica = 'nb', matlab = 'm', metafont = 'mf mp', monobasic = 'vb', objectivec = 'objc obj-c objective-c',
  objectivecpp = 'mm objc++', ocaml = 'ml mli', orgmode = 'org', pascal = 'pas pp', perl = 'pl pm', postscript = 'ps',
  powershell = 'ps1 psm1', prolog = 'pro', protobuf = 'proto', purescript = 'purs',
  python = 'py py2 py3 python2 python3 pyi pyw ipython sage', rest = 'rst', rhtml = 'erb', ruby = 'rb', rust = 'rs', scheme = 'scm ss rkt',
  sqlmysql = 'mysql', sqlpostgresql = 'pgsql psql', stata = 'do', systemverilog = 'sv svh', tcl = 'tk', terraform = 'tf',
  toml = 'conf rc', typescript = 'ts mts cts tsx', verilog = 'v', vhdl = 'vhd', xml = 'xsd svg wsdl rss', xslt = 'xsl', yaml = 'yml',
  -- Nothing is highlighted; what braces, or anything but a name, stand for is no language either.
  default = 'text txt plain plaintext raw none output out stdout stdin ascii log console terminal prompt error result '
    .. 'math mermaid pseudo pseudocode algorithm csv tsv env plantuml puml gnuplot sas coq lean vim nginx http',
}

local OTHER = {}
for name, others in pairs(NAMES) do
  for other in others:gmatch '%S+' do
    OTHER[other] = name
  end
end

-- What pandoc calls a language; what is not known here stays.
function languages.name_of(language)
  if not language:find '^[%w#+._-]+$' then
    return 'default'
  end
  return OTHER[language:lower()] or language
end

return languages
