from filters.buffers import FloatArray as FloatArray
from filters.buffers import IntArray as IntArray
