package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// What an image may cost. A picture of 32 million points needs some 130 MB while it is drawn anew, and two are drawn at once.
const (
	maxPixels     = 32 << 20
	maxSide       = 20_000
	maxThumb      = 1024 // the longer side of a preview
	drawAtOnce    = 2
	drawLongest   = 15 * time.Second
	maxPreviewRaw = 64 << 20 // bytes of an original that is looked at
)

var errNoPreview = errors.New("no preview")

// drawable tells the types that get a preview. An SVG is a document that runs, and gets none.
func drawable(mediaType string) bool {
	return mediaType == "image/png" || mediaType == "image/jpeg" || mediaType == "image/webp"
}

// preview draws an image anew, small: of the original, only points survive. errNoPreview is for what is no image, or asks for too much.
func preview(ctx context.Context, mediaType string, r io.ReadSeeker) (out []byte, kind string, err error) {
	ctx, cancel := context.WithTimeout(ctx, drawLongest)
	defer cancel()
	// A decoder may be led astray by a hostile file; that is no fault of ours, and no preview.
	defer func() {
		if p := recover(); p != nil {
			out, kind, err = nil, "", errNoPreview
		}
	}()
	in := &bounded{ctx: ctx, r: r, left: maxPreviewRaw}
	config, decode := image.Config{}, png.Decode
	switch mediaType {
	case "image/png":
		config, err = png.DecodeConfig(in)
	case "image/jpeg":
		decode = jpeg.Decode
		config, err = jpeg.DecodeConfig(in)
	case "image/webp":
		decode = webp.Decode
		config, err = webp.DecodeConfig(in)
	default:
		return nil, "", errNoPreview
	}
	if err != nil || config.Width < 1 || config.Height < 1 || config.Width > maxSide || config.Height > maxSide || config.Width*config.Height > maxPixels {
		return nil, "", errNoPreview
	}
	turn := 1
	if mediaType == "image/jpeg" {
		turn = orientation(r)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", fmt.Errorf("preview: %w", err)
	}
	in.left = maxPreviewRaw
	whole, err := decode(in)
	if err != nil {
		return nil, "", errNoPreview
	}
	return encode(turned(shrink(whole), turn))
}

// shrink fits an image into the size of a preview.
func shrink(whole image.Image) *image.NRGBA {
	b := whole.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > maxThumb {
		w, h = max(1, w*maxThumb/longer), max(1, h*maxThumb/longer)
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), whole, b, draw.Src, nil)
	return out
}

// turned rights a photograph that was taken with the camera held otherwise; with the metadata, the word about that goes.
func turned(in *image.NRGBA, orientation int) *image.NRGBA {
	w, h := in.Bounds().Dx(), in.Bounds().Dy()
	if orientation < 2 || orientation > 8 {
		return in
	}
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range h {
		for x := range w {
			to := [...][2]int{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y}, 5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x}}[orientation]
			out.SetNRGBA(to[0], to[1], in.NRGBAAt(x, y))
		}
	}
	return out
}

// encode writes a PNG where something shines through, and a JPEG otherwise.
func encode(in *image.NRGBA) ([]byte, string, error) {
	var b bytes.Buffer
	if !opaque(in) {
		err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, in)
		return b.Bytes(), "image/png", err
	}
	err := jpeg.Encode(&b, in, &jpeg.Options{Quality: 82})
	return b.Bytes(), "image/jpeg", err
}

func opaque(in *image.NRGBA) bool {
	for y := range in.Bounds().Dy() {
		for x := range in.Bounds().Dx() {
			if in.NRGBAAt(x, y).A != 0xff {
				return false
			}
		}
	}
	return true
}

// bounded reads so much and so long, and no more.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, errNoPreview
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}
