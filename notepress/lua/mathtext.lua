-- Formulas as text, for bookmarks: what pandoc can write without TeX, in Unicode.

local mathtext = {}

local SUBSCRIPTS = {
  ['0'] = '₀', ['1'] = '₁', ['2'] = '₂', ['3'] = '₃', ['4'] = '₄', ['5'] = '₅', ['6'] = '₆', ['7'] = '₇', ['8'] = '₈',
  ['9'] = '₉', a = 'ₐ', e = 'ₑ', h = 'ₕ', i = 'ᵢ', j = 'ⱼ', k = 'ₖ', l = 'ₗ', m = 'ₘ', n = 'ₙ', o = 'ₒ', p = 'ₚ',
  r = 'ᵣ', s = 'ₛ', t = 'ₜ', u = 'ᵤ', v = 'ᵥ', x = 'ₓ',
}

local function grouped(braced)
  local inner = braced:sub(2, -2)
  return inner:match '^%w?$' and inner or '(' .. inner .. ')'
end

-- pandoc knows neither roots nor fractions without TeX.
local function on_one_line(tex)
  tex = tex:gsub('\\sqrt%s*(%b{})', function(under) return '√' .. grouped(under) end)
  return (tex:gsub('\\[dtc]?frac%s*(%b{})%s*(%b{})', function(above, below)
    return grouped(above) .. '/' .. grouped(below)
  end))
end

-- Return a formula's source, with its dollar signs, as text; as it is where pandoc can't write it.
function mathtext.of(source)
  local tex = source:match '^%$(.*)%$$' or source
  local formula = pandoc.Math('InlineMath', on_one_line(tex))
  local text = pandoc.write(pandoc.Pandoc { pandoc.Plain { formula } }, 'plain', { wrap_text = 'none' }):gsub('%s+$', '')
  if text:find('$', 1, true) then
    return source
  end
  -- The spaces of formulas, of several widths.
  text = text:gsub('\u{2004}', ' '):gsub('\u{2005}', ' '):gsub('\u{2006}', ' '):gsub('\u{200A}', ' ')
  return (text:gsub('_%((%w)%)', function(letter) return SUBSCRIPTS[letter] or '_' .. letter end))
end

return mathtext
