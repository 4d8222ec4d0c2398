-- Images by their path from the folder that everything is run in. TikZ is read by TeX; Typst can't, so there it is
-- dropped, and the report counts it as lost. Images on the web become their captions: nothing is fetched.
local folder = pandoc.path.directory(PANDOC_STATE.input_files[1])

function Image(image)
  if image.src:match('^%a[%w+.-]*:') then return image.caption end
  local path = pandoc.path.join { folder, image.src }
  local tikz = path:match('%.tikz$')
  if FORMAT == 'typst' then
    if tikz then return {} end
    image.src = '/' .. path
  elseif tikz then
    return pandoc.RawInline('latex', '\\notetikz{' .. path .. '}')
  else
    image.src = path
  end
  return image
end
