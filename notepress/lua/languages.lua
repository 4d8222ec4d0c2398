-- Names of languages as people write them -> those that pandoc knows.
--
-- What is none of these names, pandoc takes for the ending of a file's name, and loads its 150 syntaxes to find whose:
-- a third of a second, once in a process. So the endings in use are here, and what is too long for one is no language.

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
  -- Words that are no language's, but short enough for an ending. Nothing is highlighted.
  default = 'text txt raw none out log math csv tsv env puml sas coq lean vim http',
}

-- pandoc's names that are no endings, because they are longer than these are.
local LONGEST_ENDING = 4
local LONG_NAMES = [[
  actionscript apache bibtex changelog clojure cmake coffee coldfusion comments commonlisp crystal curry
  debiancontrol default djangotemplate dockerfile dosbat doxygen doxygenlua eiffel elixir email erlang
  fortranfixed fortranfree fsharp gdscript gleam gnuassembler graphql groovy hamlet haskell idris isocpp javadoc
  javascript javascriptreact julia kotlin latex lilypond literatecurry literatehaskell makefile mandoc markdown
  mathematica matlab maxima mediawiki metafont modelines modula2 modula3 monobasic mustache noweb objectivec
  objectivecpp ocaml octave opencl orgmode pascal postscript povray powershell prolog protobuf purebasic
  purescript python racket relaxng relaxngcompact rhtml scala scheme spdxcomments sqlmysql sqlpostgresql stata
  swift systemverilog terraform texinfo tlaplus typescript typst verilog
]]

local OTHER = {}
for name in LONG_NAMES:gmatch '%S+' do
  OTHER[name] = name
end
for name, others in pairs(NAMES) do
  for other in others:gmatch '%S+' do
    OTHER[other] = name
  end
end

-- What pandoc calls a language. A short word that is not known here stays: it may be an ending.
function languages.name_of(language)
  local short = #language <= LONGEST_ENDING and language:find '^[%w#+._-]+$'
  return OTHER[language:lower()] or (short and language or 'default')
end

return languages
